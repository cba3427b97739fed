/** The content of a panel: an app file that runs in a kernel of its own, from the kernel's start to its end. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { PromiseDelegate } from "@lumino/coreutils";
import type { JSONObject } from "@lumino/coreutils";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { basePath, loadEngine } from "./engine";
import type { OutputEntry, PanelView, ViewState } from "./engine";
import { KernelModel } from "./kernel-model";
import { Notice } from "./notice";
import type { Action, NoticeOptions } from "./notice";
import type { Preferences } from "./settings";

/** Where an app comes from. */
export interface AppSource {
  /** What the kernel is asked for. */
  question(): JSONObject;
  /** The path of the app's file, or of the notebook that it is part of, on the server. */
  path(): string;
  /** Python that makes the kernel able to answer; none where it is already. */
  run?(): string;
  /** Python that runs the file anew. */
  reload?(force: boolean): string;
}

export interface PanelOptions {
  session: ISessionContext;
  source: AppSource;
  trans: TranslationBundle;
  preferences: Preferences;
}

type KernelState = { kind: "connected"; idle: boolean } | { kind: "reconnecting"; message: string };

/** What the server's Python environment lacks when its kernel cannot run apps. */
const MISSING = /No module named '(flet_jupyter|flet|anywidget)/;

export class FletPanel extends Widget {
  readonly #options: PanelOptions;
  readonly #trans: TranslationBundle;
  readonly #stage = document.createElement("div");
  readonly #notice = new Notice();
  readonly #titled = new Signal<this, string>(this);
  readonly #printed = new Signal<this, readonly OutputEntry[]>(this);
  readonly #live = new PromiseDelegate<void>();
  #model: KernelModel | null = null;
  #view: PanelView | null = null;
  #watch: (state: KernelState) => void = () => {};
  #state: ViewState = "loading";
  /** Counts the starts, so that what belongs to a former one can tell. */
  #start = 0;
  #restarting = false;
  #early: OutputEntry[] = [];

  constructor(options: PanelOptions) {
    super();
    this.#options = options;
    this.#trans = options.trans;
    this.addClass("jp-FletPanel");
    this.node.tabIndex = -1;
    this.#stage.className = "jp-FletPanel-app";
    this.node.append(this.#stage, this.#notice.element);
    const { session } = options;
    session.statusChanged.connect(this.#statusChanged, this);
    session.connectionStatusChanged.connect(this.#connectionChanged, this);
  }

  /** The page's title, each time it changes. */
  get titled(): ISignal<this, string> {
    return this.#titled;
  }

  /** What the app prints, tracebacks included. */
  get printed(): ISignal<this, readonly OutputEntry[]> {
    return this.#printed;
  }

  /** Resolves when the app is seen for the first time. */
  get live(): Promise<void> {
    return this.#live.promise;
  }

  get session(): ISessionContext {
    return this.#options.session;
  }

  get state(): ViewState {
    return this.#state;
  }

  /** Start the kernel, unless it runs, and the app in it. */
  async start(): Promise<void> {
    const { session } = this.#options;
    const trans = this.#trans;
    // Loads while the kernel starts.
    loadEngine().catch(() => {});
    this.#say({ text: trans.__("Starting the kernel…"), busy: true });
    try {
      await session.sessionManager.ready;
      await session.sessionManager.refreshRunning();
      const wasThere = (await session.sessionManager.findByPath(session.path)) !== undefined;
      const needsSelection = session.session ? false : await this.#startKernel();
      if (this.isDisposed) return;
      const kernel = session.session?.kernel;
      if (needsSelection || !kernel) {
        this.#say({ ...this.#noKernel(), error: true, actions: [this.#startAction()] });
        return;
      }
      await this.#run(kernel, wasThere);
    } catch (error) {
      this.#fail(trans.__("The kernel could not be started."), reason(error), this.#startAction());
    }
  }

  /** Run the app's file anew; `force` also if it has not changed. What fails leaves the former version alive. */
  async reload(force: boolean): Promise<void> {
    const { source, session } = this.#options;
    const kernel = session.session?.kernel;
    if (!kernel || !this.#view || !source.reload) {
      await this.restart();
      return;
    }
    const failure = await this.#execute(kernel, source.reload(force));
    if (this.isDisposed) return;
    if (failure === null) {
      this.#notice.hide();
      return;
    }
    this.#say({ ...failure, error: true, over: "strip", actions: [this.#reloadAction(), this.#hideAction()] });
  }

  /** Restart the kernel, and with it the app. */
  async restart(): Promise<void> {
    const { session } = this.#options;
    if (!session.session?.kernel) {
      if (session.session) await session.startKernel();
      await this.start();
      return;
    }
    await session.restartKernel(); // the status tells when it has
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#end();
    super.dispose();
  }

  protected override onActivateRequest(_message: Message): void {
    if (this.#view && this.#notice.element.hidden) this.#view.focus();
    else this.node.focus();
  }

  async #startKernel(): Promise<boolean> {
    const { session } = this.#options;
    await session.specsManager.ready;
    return session.initialize();
  }

  /** Show the app; run it first, unless the kernel `mayKnow` it already, and does. */
  async #run(kernel: Kernel.IKernelConnection, mayKnow = false): Promise<void> {
    const start = this.#begin();
    const trans = this.#trans;
    this.#say({ text: trans.__("Starting the app…"), busy: true });
    const { source } = this.#options;
    let model = mayKnow || !source.run ? await this.#ask(kernel) : null;
    if (start !== this.#start) return;
    if (!model && source.run) {
      const failure = await this.#execute(kernel, source.run());
      if (start !== this.#start) return;
      if (failure) {
        this.#say({ ...failure, error: true, actions: [this.#runAction()] });
        return;
      }
      model = await this.#ask(kernel);
    }
    if (start !== this.#start) {
      model?.dispose();
      return;
    }
    if (!model) {
      this.#fail(trans.__("The kernel does not know this app."), "", this.#runAction());
      return;
    }
    await this.#show(model, start);
  }

  async #ask(kernel: Kernel.IKernelConnection): Promise<KernelModel | null> {
    const { source } = this.#options;
    const model = new KernelModel(kernel, source.path());
    this.#model = model;
    const traits = await model.open(source.question());
    if (traits && !traits.closed) return model;
    model.dispose();
    if (traits?.closed && !source.run) throw new Error(traits.closed);
    return null;
  }

  async #show(model: KernelModel, start: number): Promise<void> {
    const trans = this.#trans;
    try {
      const engine = await loadEngine();
      if (start !== this.#start) return;
      engine.registry().translate ??= (text) => trans.__(text);
      const { look } = this.#options.preferences;
      this.#view = engine.renderPanel(model, this.#stage, {
        baseUrl: basePath(),
        ...(look && { look }),
        watch: (listener) => {
          this.#watch = listener;
          this.#tellKernel();
        },
        changed: (state, message) => this.#changed(state, message),
        titled: (title) => this.#titled.emit(title),
        printed: (entries) => this.#printed.emit(entries),
        outdated: () => this.#outdated(),
      });
      this.#view.print(this.#early.splice(0));
      this.#notice.hide();
    } catch (error) {
      this.#fail(
        trans.__(
          "Flet could not be loaded from the Jupyter server. Install flet-jupyter in the environment of the server, restart the server and reload this page.",
        ),
        reason(error),
        this.#runAction(),
      );
    }
  }

  #changed(state: ViewState, message: string): void {
    this.#state = state;
    if (state === "live") this.#live.resolve();
    if (state === "failed" || state === "closed") {
      this.#say({ text: message, error: true, over: "dim", actions: [this.#runAction()] });
    }
  }

  #outdated(): void {
    if (this.#options.preferences.isHot) void this.reload(false);
  }

  #begin(): number {
    this.#end();
    return ++this.#start;
  }

  #end(): void {
    this.#start += 1;
    this.#view?.dispose();
    this.#view = null;
    this.#model?.dispose();
    this.#model = null;
    this.#watch = () => {};
    this.#state = "loading";
  }

  /** Run Python in the kernel; null if that went well, else what to say of it. */
  async #execute(kernel: Kernel.IKernelConnection, code: string): Promise<NoticeOptions | null> {
    const future = kernel.requestExecute({ code, store_history: false, allow_stdin: false });
    let shown = "";
    future.onIOPub = (message) => {
      const { content } = message;
      if (message.header.msg_type === "stream") {
        const { name, text } = content as KernelMessage.IStreamMsg["content"];
        this.#print({ kind: name, text });
      } else if (message.header.msg_type === "error") {
        shown = plain((content as KernelMessage.IErrorMsg["content"]).traceback);
      }
    };
    const reply = await future.done.catch(() => null);
    if (!reply) return { text: this.#trans.__("The kernel ended while the app was starting.") };
    const { content } = reply;
    if (content.status === "ok") return null;
    if (content.status !== "error") return { text: this.#trans.__("The app was interrupted while it was starting.") };
    return this.#failure(content as KernelMessage.IReplyErrorContent & { traceback?: string[] }, shown);
  }

  #failure({ ename, evalue, traceback }: { ename: string; evalue: string; traceback?: string[] }, shown: string): NoticeOptions {
    const trans = this.#trans;
    if (ename === "ModuleNotFoundError" && MISSING.test(evalue)) {
      return {
        text: trans.__(
          "This kernel has no flet-jupyter. Install it there (pip install flet-jupyter), or choose another kernel, and start the app again.",
        ),
      };
    }
    const details = shown || plain(traceback ?? []);
    // What is wrong with the file itself is one sentence.
    if (!details.includes("\n")) return { text: evalue };
    return { text: trans.__("The app failed to start: %1", `${ename}: ${evalue}`), details };
  }

  #print(entry: OutputEntry): void {
    if (this.#view) this.#view.print([entry]);
    else {
      this.#early.push(entry);
      this.#printed.emit([entry]);
    }
  }

  #statusChanged(_sender: ISessionContext, status: Kernel.Status): void {
    const trans = this.#trans;
    if (status === "restarting") {
      this.#restarting = true;
      this.#end();
      this.#say({ text: trans.__("Restarting the kernel…"), busy: true });
    } else if (status === "autorestarting" || status === "dead") {
      this.#restarting = false;
      this.#end();
      this.#fail(trans.__("The kernel died."), "", this.#startAction());
    } else if (status === "terminating") {
      this.#gone();
    } else if (this.#restarting && status === "idle") {
      this.#restarting = false;
      const kernel = this.session.session?.kernel;
      if (kernel) void this.#run(kernel);
    } else this.#tellKernel();
  }

  #gone(): void {
    this.#end();
    this.#say({ text: this.#trans.__("The kernel was shut down."), actions: [this.#startAction()] });
  }

  #connectionChanged(): void {
    this.#tellKernel();
  }

  #tellKernel(): void {
    const kernel = this.session.session?.kernel;
    const connection = kernel?.connectionStatus;
    if (connection === "connecting" || connection === "disconnected") {
      const message = this.#trans.__("Connection to the Jupyter server lost; reconnecting… The app keeps its state.");
      this.#watch({ kind: "reconnecting", message });
    } else this.#watch({ kind: "connected", idle: kernel?.status === "idle" });
  }

  #noKernel(): NoticeOptions {
    const trans = this.#trans;
    const specs = Object.values(this.session.specsManager.specs?.kernelspecs ?? {});
    return specs.some((spec) => spec?.language.toLowerCase() === "python")
      ? { text: trans.__("The kernel could not be started.") }
      : { text: trans.__("This server has no Python kernel. Install one (pip install ipykernel), and start the app again.") };
  }

  #say(options: NoticeOptions): void {
    this.#notice.show(options);
  }

  #fail(text: string, details: string, action: Action): void {
    this.#say({ text, details, error: true, actions: [action] });
  }

  #startAction(): Action {
    return { label: this.#trans.__("Start the App"), run: () => void this.restart() };
  }

  #runAction(): Action {
    return {
      label: this.#trans.__("Start the App"),
      run: () => {
        const kernel = this.session.session?.kernel;
        if (kernel) void this.#run(kernel);
        else void this.restart();
      },
    };
  }

  #reloadAction(): Action {
    return { label: this.#trans.__("Reload"), run: () => void this.reload(true) };
  }

  #hideAction(): Action {
    return { label: this.#trans.__("Hide"), run: () => this.#notice.hide() };
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A traceback without the colours of a terminal. */
function plain(traceback: string[]): string {
  // eslint-disable-next-line no-control-regex
  return traceback.join("\n").replace(/\u001b\[[0-9;]*m/g, "");
}
