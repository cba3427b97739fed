/** A panel that shows an app of a notebook's cell. */

import { Toolbar } from "@jupyterlab/apputils";
import type { ServiceManager } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ToolbarButton, launchIcon, undoIcon } from "@jupyterlab/ui-components";
import { hasBrowserTabs, openBrowserTab } from "../../client_assets/src/browser-tab";
import type * as Registry from "../../client_assets/src/registry";
import { basePath } from "./engine";
import { FletMainArea } from "./main-area";
import { FletPanel } from "./panel";
import { NotebookKernel } from "./panel-kernel";
import type { Preferences } from "./settings";

export type CellApp = Registry.CellApp;

export interface CellPanelOptions {
  app: CellApp;
  moves: boolean;
  kernels: ServiceManager.IManager["kernels"];
  trans: TranslationBundle;
  preferences: Preferences;
  /** Run the cell of an app again. */
  runCell(app: CellApp): void;
  /** Let the cell show the app instead. */
  giveBack(panel: CellPanel): void;
}

export class CellPanel extends FletMainArea implements Registry.CellPanel {
  moves: boolean;
  readonly #kernel: NotebookKernel;
  #app: CellApp;

  constructor({ app, moves, kernels, trans, preferences, runCell, giveBack }: CellPanelOptions) {
    const kernel = new NotebookKernel(kernels, app.kernelId);
    const source = {
      question: () => ({ app: this.#app.appId }),
      path: () => this.#app.path,
      again: { label: trans.__("Run the Cell Again"), run: () => runCell(this.#app) },
    };
    super({ content: new FletPanel({ kernel, source, trans, preferences }) });
    this.#kernel = kernel;
    this.#app = app;
    this.moves = moves;
    this.addClass("jp-FletCellPanel");
    this.nameIt(app.label || trans.__("Flet app"), app.path);
    this.toolbar.addItem("spacer", Toolbar.createSpacerItem());
    const openTab = (): void => void openBrowserTab(this.#app, basePath());
    if (hasBrowserTabs()) {
      const tooltip = trans.__("Open in Browser Tab");
      this.toolbar.addItem("browser", new ToolbarButton({ icon: launchIcon, tooltip, onClick: openTab }));
    }
    const back = trans.__("Close, and show the app in its cell");
    this.toolbar.addItem("back", new ToolbarButton({ icon: undoIcon, tooltip: back, onClick: () => giveBack(this) }));
    void this.content.start();
  }

  get app(): CellApp {
    return this.#app;
  }

  /** Show this app, instead of the one of the cell's former run. */
  take(app: CellApp): void {
    this.#app = app;
    // While the connection to the former's kernel is there, by which it is told.
    this.content.leave();
    this.#kernel.follow(app.kernelId);
    void this.content.start();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    super.dispose();
    this.#kernel.dispose();
  }
}
