/** Apps of cells in panels: they move there, or are shown twice; the cell's output asks for it, or a command. */

import { ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification, WidgetTracker } from "@jupyterlab/apputils";
import { IDocumentManager } from "@jupyterlab/docmanager";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { Signal } from "@lumino/signaling";
import { hasBrowserTabs, openBrowserTab } from "../../client_assets/src/browser-tab";
import { registry } from "../../client_assets/src/registry";
import type { Panels } from "../../client_assets/src/registry";
import { CellPanel } from "./cell-panel";
import type { CellApp } from "./cell-panel";
import { basePath } from "./engine";
import { fletIcon } from "./icon";
import { Preferences } from "./settings";
import { CELLS_PLUGIN, Commands, DOMAIN, IFletPanels, RESTORE_CELL } from "./tokens";

/** Where a panel is put, seen from the notebook, when nobody has said another place. */
const USUAL_MODE = "split-right";

interface FrontEnd {
  app: JupyterFrontEnd;
  documents: IDocumentManager;
  trans: TranslationBundle;
  preferences: Preferences;
  everyPanel: IFletPanels;
  notebooks: INotebookTracker | null;
  /** Whether panels have places of their own beside the notebook; Notebook has one main widget. */
  hasPlaces: boolean;
}

/** Keeps a panel for each place in a cell whose app is in one. */
class CellPanels implements Panels {
  readonly tracker = new WidgetTracker<CellPanel>({ namespace: "flet-cells" });
  readonly #changed = new Signal<this, void>(this);

  constructor(private readonly front: FrontEnd) {}

  find(app: CellApp): CellPanel | null {
    return (
      this.tracker.find(
        ({ app: { slot, kernelId, path }, isDisposed }) =>
          !isDisposed && slot === app.slot && (kernelId === app.kernelId || (path !== "" && path === app.path)),
      ) ?? null
    );
  }

  open(app: CellApp, how: { moves: boolean; focus: boolean }): void {
    // The panel may be among those that come back with the page.
    void this.front.app.restored.then(() => this.#open(app, how));
  }

  share(app: CellApp): void {
    const panel = this.find(app);
    if (panel) this.#settle(panel, false);
  }

  watch(listener: () => void, signal: AbortSignal): void {
    this.#changed.connect(listener);
    signal.addEventListener("abort", () => this.#changed.disconnect(listener));
  }

  /** Make a panel; it is yet to be shown. */
  make(app: CellApp, moves: boolean): CellPanel {
    const { front } = this;
    const panel = new CellPanel({
      app,
      moves,
      kernels: front.app.serviceManager.kernels,
      trans: front.trans,
      preferences: front.preferences,
      runCell: (cell) => void this.#runCell(cell),
      giveBack: (given) => {
        this.#settle(given, false);
        given.dispose();
      },
    });
    panel.disposed.connect(() => this.#changed.emit());
    void this.tracker.add(panel);
    void front.everyPanel.add(panel);
    this.#changed.emit();
    return panel;
  }

  #open(app: CellApp, { moves, focus }: { moves: boolean; focus: boolean }): void {
    const { shell } = this.front.app;
    const known = this.find(app);
    if (!known) this.#add(this.make(app, moves), focus);
    else {
      if (known.app.appId !== app.appId) known.take(app);
      this.#settle(known, moves);
      if (focus) shell.activateById(known.id);
    }
  }

  #settle(panel: CellPanel, moves: boolean): void {
    panel.moves = moves;
    void this.tracker.save(panel);
    this.#changed.emit();
  }

  #add(panel: CellPanel, focus: boolean): void {
    const { app, hasPlaces } = this.front;
    if (!hasPlaces) {
      app.shell.add(panel, "right");
      (app.shell as { expandRight?(id: string): void }).expandRight?.(panel.id);
      return;
    }
    const mode = panel.app.mode || USUAL_MODE;
    const ref = this.#notebookOf(panel.app)?.id ?? null;
    // A tab that nobody sees shows nothing.
    const activate = focus || mode.startsWith("tab-");
    app.shell.add(panel, "main", { mode: mode as DocumentRegistry.IOpenOptions["mode"] & string, ref, activate });
  }

  #notebookOf({ kernelId, path }: CellApp): NotebookPanel | null {
    const { notebooks } = this.front;
    return (
      notebooks?.find(({ sessionContext }) => sessionContext.session?.kernel?.id === kernelId) ??
      notebooks?.find(({ context }) => context.path === path) ??
      null
    );
  }

  /** Run the cell that had an app, in its notebook; open that if it was closed. */
  async #runCell(app: CellApp): Promise<void> {
    const { documents } = this.front;
    const notebook = this.#notebookOf(app) ?? (documents.openOrReveal(app.path, "Notebook") as NotebookPanel | undefined);
    if (!notebook) return;
    await notebook.context.ready;
    await notebook.revealed;
    await notebook.sessionContext.ready;
    const id = app.slot.slice(0, app.slot.lastIndexOf(":"));
    const { content, sessionContext } = notebook;
    const index = content.widgets.findIndex(({ model }) => model.id === id);
    this.front.app.shell.activateById(notebook.id);
    if (index < 0) {
      Notification.warning(
        this.front.trans.__("The cell of this app is not in its notebook any more. Close the app's panel, or run another cell."),
      );
      return;
    }
    content.activeCellIndex = index;
    content.deselectAll();
    await NotebookActions.run(content, sessionContext);
  }
}

export const cells: JupyterFrontEndPlugin<void> = {
  id: CELLS_PLUGIN,
  description: "Shows Flet apps of cells in panels and in tabs of the browser.",
  autoStart: true,
  requires: [IDocumentManager, IFletPanels],
  optional: [INotebookTracker, ILabShell, ILayoutRestorer, ISettingRegistry, ITranslator],
  activate(
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    everyPanel: IFletPanels,
    notebooks: INotebookTracker | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
  ): void {
    const language = translator ?? nullTranslator;
    const trans = language.load(DOMAIN);
    const preferences = new Preferences(language.languageCode);
    if (settings) preferences.follow(settings);
    const panels = new CellPanels({ app, documents, trans, preferences, everyPanel, notebooks, hasPlaces: labShell !== null });
    const page = registry();
    page.translate ??= (text, ...values) => trans.__(text, ...values);
    page.panels = panels;
    addCommands(app, panels, trans, notebooks);
    app.commands.addCommand(RESTORE_CELL, {
      execute: (args) => {
        const { moves, ...cell } = args as unknown as CellApp & { moves: boolean };
        const panel = panels.make(cell, moves);
        app.shell.add(panel, "main");
        return panel;
      },
    });
    void restorer?.restore(panels.tracker, {
      command: RESTORE_CELL,
      args: (panel) => ({ ...panel.app, moves: panel.moves }) as unknown as ReadonlyPartialJSONObject,
      name: ({ app: { kernelId, slot } }) => `${kernelId}:${slot}`,
    });
  },
};

function addCommands(
  app: JupyterFrontEnd,
  panels: CellPanels,
  trans: TranslationBundle,
  notebooks: INotebookTracker | null,
): void {
  const { commands } = app;
  /** The app of the cell that was clicked, or of the panel or the cell that is active. */
  const target = (args: ReadonlyPartialJSONObject): CellApp | null => {
    const clicked = args["context"] ? app.contextMenuHitTest((node) => node.classList.contains("flet-cell")) : undefined;
    const panel = panels.tracker.currentWidget;
    if (!clicked && panel && panel === app.shell.currentWidget) return panel.app;
    const node = clicked ?? notebooks?.activeCell?.node;
    const place = node && [...registry().places].find(({ element }) => node.contains(element));
    return place?.app ?? null;
  };
  const add = (id: string, label: string, caption: string, run: (cell: CellApp) => void): void => {
    commands.addCommand(id, {
      label,
      caption,
      icon: fletIcon,
      describedBy: { args: { type: "object", properties: { context: { type: "boolean" } } } },
      isEnabled: (args) => target(args) !== null,
      execute: (args) => {
        const cell = target(args);
        if (cell) run(cell);
      },
    });
    app.contextMenu.addItem({ command: id, args: { context: true }, selector: ".flet-cell", rank: 0 });
  };
  add(Commands.openInPanel, trans.__("Open App in Panel"), trans.__("Show the app of this cell also in a panel"), (cell) =>
    panels.open(cell, { moves: false, focus: true }),
  );
  add(Commands.detach, trans.__("Move App to Panel"), trans.__("Show the app of this cell in a panel instead"), (cell) =>
    panels.open(cell, { moves: true, focus: true }),
  );
  if (!hasBrowserTabs()) return;
  add(Commands.openInBrowser, trans.__("Open App in Browser Tab"), trans.__("Show the app in a tab of the browser"), (cell) => {
    openBrowserTab(cell, basePath());
  });
}
