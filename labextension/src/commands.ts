/** The commands, and where people find them: palette, launcher, menus, toolbars. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { showErrorMessage } from "@jupyterlab/apputils";
import type { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import type { DocumentRegistry, IDocumentWidget } from "@jupyterlab/docregistry";
import type { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import type { ILauncher } from "@jupyterlab/launcher";
import type { IMainMenu } from "@jupyterlab/mainmenu";
import type { TranslationBundle } from "@jupyterlab/translation";
import { CommandToolbarButton, refreshIcon, runIcon, stopIcon } from "@jupyterlab/ui-components";
import type { Widget } from "@lumino/widgets";
import { DisposableDelegate } from "@lumino/disposable";
import type { IDisposable } from "@lumino/disposable";
import { isLite } from "../../client_assets/src/lite";
import type { FletDocument } from "./document";
import { fletIcon, hotReloadIcon } from "./icon";
import type { Preferences } from "./settings";
import { Commands, FACTORY } from "./tokens";

/** What the front end has; Notebook has less than JupyterLab. */
export interface FrontEnd {
  app: JupyterFrontEnd;
  documents: IDocumentManager;
  trans: TranslationBundle;
  tracker: WidgetTracker<FletDocument>;
  preferences: Preferences;
  palette: ICommandPalette | null;
  launcher: ILauncher | null;
  browser: IDefaultFileBrowser | null;
  menu: IMainMenu | null;
}

/** The app that "New Flet App" writes. */
const TEMPLATE = `import flet as ft


def main(page: ft.Page):
    page.title = "My app"
    count = ft.Text("0", size=40)

    def add(e):
        count.value = str(int(count.value) + 1)

    page.add(
        count,
        ft.Button("Add", on_click=add),
    )


ft.run(main)
`;

export function addCommands(front: FrontEnd): void {
  const { app, documents, trans, tracker, preferences } = front;
  const { commands } = app;
  const current = (): FletDocument | null =>
    tracker.currentWidget && app.shell.currentWidget === tracker.currentWidget ? tracker.currentWidget : null;
  const ofToolbar = (args: { [key: string]: unknown }): FletDocument | null =>
    args["toolbar"] ? tracker.currentWidget : current();
  const hasPanel = (args: { [key: string]: unknown }): boolean => ofToolbar(args) !== null;

  commands.addCommand(Commands.open, {
    label: trans.__("Open as Flet App"),
    caption: trans.__("Run the file, and show its app in a panel"),
    icon: fletIcon,
    describedBy: {
      args: {
        type: "object",
        properties: {
          path: { type: "string", description: trans.__("The app file's path") },
          mode: { type: "string", description: trans.__("Where to put the panel, for example split-right") },
          ref: { type: "string", description: trans.__("The id of the widget beside which to put it") },
        },
      },
    },
    isEnabled: (args) => Boolean(args["path"]) || isApp(currentDocument(front)?.path),
    execute: async (args) => {
      const path = (args["path"] as string | undefined) ?? currentDocument(front)?.path;
      if (!path) return undefined;
      const { mode, ref } = args as Pick<DocumentRegistry.IOpenOptions, "mode" | "ref">;
      return documents.openOrReveal(path, FACTORY, undefined, { ...(mode && { mode }), ...(ref && { ref }) });
    },
  });

  commands.addCommand(Commands.preview, {
    label: (args) => (args["toolbar"] ? "" : trans.__("Show Flet App Beside")),
    caption: trans.__("Run this file, and show its Flet app beside it"),
    icon: fletIcon,
    describedBy: { args: { type: "object", properties: { toolbar: { type: "boolean" } } } },
    isEnabled: () => isApp(currentDocument(front)?.path),
    execute: async () => {
      const context = currentDocument(front);
      if (!context) return undefined;
      if (context.model.dirty) await context.save();
      return commands.execute(Commands.open, { path: context.path, mode: "split-right", ref: app.shell.currentWidget?.id ?? "" });
    },
  });

  commands.addCommand(Commands.create, {
    label: (args) => (args["isLauncher"] ? trans.__("Flet App") : trans.__("New Flet App")),
    caption: trans.__("Write a small Flet app, and show it beside its source"),
    icon: fletIcon,
    describedBy: { args: { type: "object", properties: { cwd: { type: "string" }, isLauncher: { type: "boolean" } } } },
    execute: async (args) => {
      const folder = (args["cwd"] as string | undefined) ?? front.browser?.model.path ?? "";
      try {
        const path = await writeApp(front, folder);
        const editor = documents.openOrReveal(path, "default");
        if (!editor) return undefined;
        await editor.context.ready;
        await commands.execute(Commands.open, { path, mode: "split-right", ref: editor.id });
        return editor; // which the launcher puts in its own place
      } catch (error) {
        return showErrorMessage(trans.__("The app could not be written"), error as Error);
      }
    },
  });

  commands.addCommand(Commands.reload, {
    label: (args) => (args["toolbar"] ? "" : trans.__("Reload App")),
    caption: trans.__("Run the app's file anew"),
    icon: runIcon,
    describedBy: { args: { type: "object", properties: { toolbar: { type: "boolean" } } } },
    isEnabled: hasPanel,
    execute: (args) => ofToolbar(args)?.content.reload(true),
  });
  commands.addCommand(Commands.interrupt, {
    label: (args) => (args["toolbar"] ? "" : trans.__("Interrupt App")),
    caption: trans.__("Interrupt the kernel"),
    icon: stopIcon,
    describedBy: { args: { type: "object", properties: { toolbar: { type: "boolean" } } } },
    // A kernel in the browser takes none.
    isEnabled: (args) => !isLite() && hasPanel(args),
    execute: (args) => ofToolbar(args)?.content.kernel.connection?.interrupt(),
  });
  commands.addCommand(Commands.restart, {
    label: (args) => (args["toolbar"] ? "" : trans.__("Restart App")),
    caption: trans.__("Restart the kernel and the app; its state is lost"),
    icon: refreshIcon,
    describedBy: { args: { type: "object", properties: { toolbar: { type: "boolean" } } } },
    isEnabled: hasPanel,
    execute: (args) => ofToolbar(args)?.content.restart(),
  });
  commands.addCommand(Commands.toggleReload, {
    label: (args) => (args["toolbar"] ? "" : trans.__("Reload When the File Is Saved")),
    caption: trans.__("Reload the app when its file is saved"),
    icon: hotReloadIcon,
    describedBy: { args: { type: "object", properties: { toolbar: { type: "boolean" } } } },
    isToggleable: true,
    isToggled: () => preferences.isHot,
    execute: () => {
      preferences.isHot = !preferences.isHot;
    },
  });
  preferences.changed.connect(() => commands.notifyCommandChanged(Commands.toggleReload));
  tracker.currentChanged.connect(() => {
    for (const id of [Commands.reload, Commands.interrupt, Commands.restart]) commands.notifyCommandChanged(id);
  });

  offer(front);
}

function offer({ app, trans, tracker, palette, launcher, menu }: FrontEnd): void {
  const category = trans.__("Flet");
  for (const command of Object.values(Commands)) palette?.addItem({ command, category });
  launcher?.add({ command: Commands.create, category: trans.__("Other"), rank: 10, args: { isLauncher: true } });
  app.docRegistry.addWidgetExtension("Editor", new PreviewButton(app));
  if (!menu) return;
  const isEnabled = (widget: Widget): boolean => tracker.has(widget);
  if (!isLite()) menu.kernelMenu.kernelUsers.interruptKernel.add({ id: Commands.interrupt, isEnabled });
  menu.kernelMenu.kernelUsers.restartKernel.add({ id: Commands.restart, isEnabled });
}

/** The button on the toolbar of editors, where the file is Python. */
class PreviewButton implements DocumentRegistry.IWidgetExtension<IDocumentWidget, DocumentRegistry.IModel> {
  constructor(private readonly app: JupyterFrontEnd) {}

  createNew(widget: IDocumentWidget, context: DocumentRegistry.Context): IDisposable {
    const button = new CommandToolbarButton({ commands: this.app.commands, id: Commands.preview, label: "", args: { toolbar: true } });
    const update = (): void => button.setHidden(!context.path.endsWith(".py"));
    update();
    context.pathChanged.connect(update);
    widget.toolbar.insertItem(0, "flet-preview", button);
    return new DisposableDelegate(() => button.dispose());
  }
}

function isApp(path: string | undefined): boolean {
  return path !== undefined && [".py", ".ipynb"].includes(PathExt.extname(path));
}

function currentDocument({ app, documents }: FrontEnd): DocumentRegistry.Context | null {
  const { currentWidget } = app.shell;
  return (currentWidget && documents.contextForWidget(currentWidget)) ?? null;
}

/** Write the template to a file that does not exist yet; return its path. */
async function writeApp({ app }: FrontEnd, folder: string): Promise<string> {
  const { contents } = app.serviceManager;
  const { content } = await contents.get(folder, { content: true }); // JupyterLite wants to be asked
  const taken = new Set((content as { name: string }[]).map(({ name }) => name));
  let name = "flet_app.py";
  for (let number = 2; taken.has(name); number += 1) name = `flet_app_${number}.py`;
  const path = folder ? PathExt.join(folder, name) : name;
  await contents.save(path, { type: "file", format: "text", content: TEMPLATE });
  return path;
}
