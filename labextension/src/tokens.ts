/** Every id of the extension, in one place. */

import type { IWidgetTracker, WidgetTracker } from "@jupyterlab/apputils";
import { Token } from "@lumino/coreutils";
import type { FletDocument } from "./document";
import type { FletMainArea } from "./main-area";

export const PLUGIN = "flet-jupyter:plugin";
export const CELLS_PLUGIN = "flet-jupyter:cells";
export const PANELS_PLUGIN = "flet-jupyter:panels";
export const LOGS_PLUGIN = "flet-jupyter:logs";
export const INSPECTOR_PLUGIN = "flet-jupyter:inspector";
/** The name of the widget factory: what "Open With" calls it. */
export const FACTORY = "Flet";
/** The domain of the translations. */
export const DOMAIN = "flet_jupyter";

export namespace Commands {
  export const open = "flet:open";
  export const preview = "flet:preview";
  export const create = "flet:create-app";
  export const reload = "flet:reload";
  export const interrupt = "flet:interrupt";
  export const restart = "flet:restart";
  export const toggleReload = "flet:toggle-hot-reload";
  export const openInPanel = "flet:open-in-panel";
  export const detach = "flet:detach";
  export const openInBrowser = "flet:open-in-browser";
  export const inspect = "flet:inspect";
}

/** For the front end alone: brings a panel with an app of a cell back after a reload of the page. */
export const RESTORE_CELL = "flet:restore-cell-panel";

/** The panels of this page that show app files. */
export type IFletTracker = IWidgetTracker<FletDocument>;
export const IFletTracker = new Token<IFletTracker>("flet-jupyter:IFletTracker", "The panels that show Flet apps.");

/** All panels of this page that show apps: those of files, and those of cells. */
export type IFletPanels = WidgetTracker<FletMainArea>;
export const IFletPanels = new Token<IFletPanels>("flet-jupyter:IFletPanels", "All panels that show Flet apps.");
