/** All panels of the page, for what is not a panel's own business: its log, and what an inspector shows. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { WidgetTracker } from "@jupyterlab/apputils";
import type { FletMainArea } from "./main-area";
import { IFletPanels, PANELS_PLUGIN } from "./tokens";

export const panels: JupyterFrontEndPlugin<IFletPanels> = {
  id: PANELS_PLUGIN,
  description: "Knows all panels that show Flet apps.",
  autoStart: true,
  provides: IFletPanels,
  activate: () => new WidgetTracker<FletMainArea>({ namespace: "flet-panels" }),
};
