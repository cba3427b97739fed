/** Panels as documents: "Open With > Flet" for Python files and notebooks. */

import { SessionContext, Toolbar } from "@jupyterlab/apputils";
import type { ISessionContext, ISessionContextDialogs } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import { ABCWidgetFactory } from "@jupyterlab/docregistry";
import type { DocumentRegistry, IDocumentWidget } from "@jupyterlab/docregistry";
import type { ServiceManager } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { CommandToolbarButton } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import { isLite } from "../../client_assets/src/lite";
import { version } from "../package.json";
import { movePanelId, panelId } from "./ids";
import { FletMainArea } from "./main-area";
import { FletPanel } from "./panel";
import type { AppSource } from "./panel";
import { SessionKernel } from "./panel-kernel";
import type { Preferences } from "./settings";
import { Commands } from "./tokens";

export interface DocumentOptions extends DocumentRegistry.IWidgetFactoryOptions<FletDocument> {
  services: ServiceManager.IManager;
  commands: CommandRegistry;
  trans: TranslationBundle;
  preferences: Preferences;
  dialogs: ISessionContextDialogs;
}

interface Parts {
  content: FletPanel;
  context: DocumentRegistry.Context;
  session: ISessionContext;
}

/**
 * A panel with an app file.
 *
 * Not a `DocumentWidget`: that takes a change of its title, which here follows the app's page, as a wish to rename the file.
 */
export class FletDocument extends FletMainArea implements IDocumentWidget<FletPanel> {
  readonly context: DocumentRegistry.Context;
  readonly session: ISessionContext;

  constructor({ content, context, session }: Parts) {
    super({ content, reveal: context.ready });
    this.context = context;
    this.session = session;
    this.#nameIt();
    context.pathChanged.connect(() => this.#nameIt());
  }

  /** Do nothing: an app has its own ideas of what is behind a `#`. */
  setFragment(_fragment: string): void {}

  #nameIt(): void {
    this.nameIt(PathExt.basename(this.context.localPath), this.context.localPath);
  }
}

/**
 * The path of the session of an app file.
 *
 * It names the same file as the file's own path, but in other letters: the server has one session for each path, and a notebook
 * has one with its path, as has a console that somebody opens for an editor.
 */
export function sessionPath(path: string): string {
  const folder = PathExt.dirname(path);
  return `${folder ? `${folder}/` : ""}./${PathExt.basename(path)}`;
}

/** The name of such a session, among other kernels. By it the server knows a panel's, and starts it faster (its `PanelProvisioner`). */
function sessionName(path: string): string {
  return `${PathExt.basename(path)} (Flet)`;
}

export class FletFactory extends ABCWidgetFactory<FletDocument> {
  readonly #options: DocumentOptions;

  constructor(options: DocumentOptions) {
    super({ ...options, toolbarFactory: (widget) => toolbar(widget, options) });
    this.#options = options;
  }

  protected createNewWidget(context: DocumentRegistry.Context): FletDocument {
    const { services, trans, preferences } = this.#options;
    const path = (): string => context.localPath;
    const session = new SessionContext({
      sessionManager: services.sessions,
      specsManager: services.kernelspecs,
      kernelManager: services.kernels,
      path: sessionPath(path()),
      name: sessionName(path()),
      type: "flet",
      kernelPreference: { language: "python", autoStartDefault: true, shutdownOnDispose: false },
    });
    const kernel = new SessionKernel(session);
    const content = new FletPanel({ kernel, source: fileSource(path), trans, preferences });
    let former = path();
    context.pathChanged.connect(() => {
      movePanelId(former, path());
      session.session?.kernel?.requestExecute({ code: moved(former, path()), silent: true });
      former = path();
      void session.session?.setPath(sessionPath(path()));
      void session.session?.setName(sessionName(path()));
    });
    content.disposed.connect(() => kernel.part(services, preferences.shutsDown));
    // The kernel need not wait until the page has the file's content.
    void content.start();
    return new FletDocument({ content, context, session });
  }
}

/** Python that calls what panels have in the kernel. */
function call(code: string): string {
  return `import flet_jupyter as _flet\n_flet.load_ipython_extension(get_ipython())\n_flet.panels.${code}`;
}

/** Python that has a file run or reloaded. In a browser that awaits packages, which are fetched when somebody needs them; this one, too. */
function callFor(what: "run" | "reload", args: string): string {
  if (!isLite()) return call(`${what}(${args})`);
  return [
    "try:",
    "    import flet_jupyter as _flet",
    "except ModuleNotFoundError:",
    "    import piplite as _piplite",
    `    await _piplite.install("flet-jupyter==${version}")`,
    "    import flet_jupyter as _flet",
    "_flet.load_ipython_extension(get_ipython())",
    `await _flet.panels.${what}_async(${args})`,
  ].join("\n");
}

function moved(former: string, path: string): string {
  const to = PathExt.relative(PathExt.dirname(former), path);
  return call(`move(${JSON.stringify(PathExt.basename(former))}, ${JSON.stringify(to)})`);
}

/** An app that is a file of its own. */
function fileSource(path: () => string): AppSource {
  const name = (): string => JSON.stringify(PathExt.basename(path()));
  return {
    question: () => ({ file: PathExt.basename(path()), panel: panelId(path()) }),
    path,
    run: (commId) => callFor("run", `${name()}, panel=${JSON.stringify(panelId(path()))}, comm_id=${JSON.stringify(commId)}`),
    reload: (force) => callFor("reload", `${name()}, force=${force ? "True" : "False"}`),
  };
}

function toolbar({ session }: FletDocument, options: DocumentOptions): DocumentRegistry.IToolbarItem[] {
  const { commands, dialogs } = options;
  const button = (id: string): CommandToolbarButton => new CommandToolbarButton({ commands, id, label: "", args: { toolbar: true } });
  return [
    { name: "reload", widget: button(Commands.reload) },
    { name: "interrupt", widget: button(Commands.interrupt) },
    { name: "restart", widget: button(Commands.restart) },
    { name: "hot-reload", widget: button(Commands.toggleReload) },
    { name: "spacer", widget: Toolbar.createSpacerItem() },
    { name: "kernelName", widget: Toolbar.createKernelNameItem(session, dialogs) },
    { name: "kernelStatus", widget: Toolbar.createKernelStatusItem(session) },
  ];
}
