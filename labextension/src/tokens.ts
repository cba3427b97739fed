/** Every id of the extension, in one place. */

import type { IWidgetTracker } from "@jupyterlab/apputils";
import { Token } from "@lumino/coreutils";
import type { FletDocument } from "./document";

export const PLUGIN = "flet-jupyter:plugin";
/** The name of the widget factory: what "Open With" calls it. */
export const FACTORY = "Flet";
/** The comm target that the kernel answers; see docs/comm-protocol.md. */
export const COMM_TARGET = "flet_jupyter";
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
}

/** The panels of this page that show app files. */
export type IFletTracker = IWidgetTracker<FletDocument>;
export const IFletTracker = new Token<IFletTracker>("flet-jupyter:IFletTracker", "The panels that show Flet apps.");
