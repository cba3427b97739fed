/** Flet apps in panels of JupyterLab and Notebook. */

import { ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, ISessionContextDialogs, SessionContextDialogs, WidgetTracker } from "@jupyterlab/apputils";
import { IDocumentManager } from "@jupyterlab/docmanager";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { IMainMenu } from "@jupyterlab/mainmenu";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { cells } from "./cells";
import { addCommands } from "./commands";
import { FletFactory } from "./document";
import type { FletDocument } from "./document";
import { inspector } from "./inspector";
import { logs } from "./logs";
import { panels } from "./panels";
import { getReadyAtRest } from "./readiness";
import { Preferences } from "./settings";
import { DOMAIN, FACTORY, IFletPanels, IFletTracker, PLUGIN } from "./tokens";

const plugin: JupyterFrontEndPlugin<IFletTracker> = {
  id: PLUGIN,
  description: "Opens Flet apps in panels.",
  autoStart: true,
  provides: IFletTracker,
  requires: [IDocumentManager, IFletPanels],
  optional: [
    ILayoutRestorer,
    ICommandPalette,
    ISettingRegistry,
    ITranslator,
    ILauncher,
    IDefaultFileBrowser,
    IMainMenu,
    ISessionContextDialogs,
    ILabShell,
  ],
  activate(
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    everyPanel: IFletPanels,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    launcher: ILauncher | null,
    browser: IDefaultFileBrowser | null,
    menu: IMainMenu | null,
    dialogs: ISessionContextDialogs | null,
    lab: ILabShell | null,
  ): IFletTracker {
    const language = translator ?? nullTranslator;
    const trans = language.load(DOMAIN);
    const tracker = new WidgetTracker<FletDocument>({ namespace: "flet" });
    const preferences = new Preferences(language.languageCode);
    if (registry) preferences.follow(registry);
    // Notebook opens each app in a page of its own.
    if (lab) getReadyAtRest(app, preferences).catch((error: unknown) => console.warn("Flet could not be loaded ahead of time.", error));
    const factory = new FletFactory({
      name: FACTORY,
      label: trans.__("Flet"),
      fileTypes: ["python", "notebook"],
      modelName: "text",
      readOnly: true,
      services: app.serviceManager,
      commands: app.commands,
      trans,
      preferences,
      dialogs: dialogs ?? new SessionContextDialogs({ translator: language }),
    });
    factory.widgetCreated.connect((_sender, widget) => {
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      // Notebook shows a document in a browser tab of its own, and gives that a name only for documents that it knows.
      if (!lab) nameTab(widget);
      void tracker.add(widget);
      void everyPanel.add(widget);
    });
    app.docRegistry.addWidgetFactory(factory);
    void restorer?.restore(tracker, {
      command: "docmanager:open",
      args: ({ context }) => ({ path: context.path, factory: FACTORY }),
      name: ({ context }) => context.path,
    });
    // The layout that JupyterLab has saved does not know files that were renamed since.
    void app.restored.then(() => {
      tracker.forEach((widget) => {
        if (!widget.isAttached) app.shell.add(widget, "main");
      });
    });
    addCommands({ app, documents, trans, tracker, preferences, palette, launcher, browser, menu });
    return tracker;
  },
};

/** Let the browser's tab have the title of a widget. */
function nameTab({ title }: FletDocument): void {
  const follow = (): void => {
    document.title = title.label;
  };
  follow();
  title.changed.connect(follow);
}

export default [panels, plugin, cells, logs, inspector];
