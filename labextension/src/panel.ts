/** The content of a panel: an app in a kernel, from the kernel's start, or the panel's, to its end. */

import type { Kernel } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { PromiseDelegate } from "@lumino/coreutils";
import type { JSONObject } from "@lumino/coreutils";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { KernelModel } from "../../client_assets/src/kernel-model";
import type { AppTraits } from "../../client_assets/src/kernel-model";
import { isLite } from "../../client_assets/src/lite";
import { basePath, loadEngine } from "./engine";
import type { LinkCounters, OutputEntry, PageTitle, PanelView, ViewState } from "./engine";
import { execute } from "./execution";
import type { Failure } from "./execution";
import { Notice } from "./notice";
import type { Action, NoticeOptions } from "./notice";
import type { PanelKernel } from "./panel-kernel";
import type { Preferences } from "./settings";

/** Where an app comes from. */
export interface AppSource {
  /** What the kernel is asked for. */
  question(): JSONObject;
  /** The path of the app's file, or of the notebook that it is part of, on the server. */
  path(): string;
  /** Python that makes the kernel able to answer, and answer the comm of this id; none where others see to that. */
  run?(commId: string): string;
  /** Python that runs the file anew. */
  reload?(force: boolean): string;
  /** What people can do to have the app again, where starting it is not the panel's business. */
  readonly again?: Action;
}

export interface PanelOptions {
  kernel: PanelKernel;
  source: AppSource;
  trans: TranslationBundle;
  preferences: Preferences;
}

type KernelState = { kind: "connected"; idle: boolean } | { kind: "reconnecting"; message: string };

/** How many pieces of what a file prints when it is run are kept. */
const MAX_PREFACE = 200;

export class FletPanel extends Widget {
  readonly #options: PanelOptions;
  readonly #trans: TranslationBundle;
  readonly #stage = document.createElement("div");
  readonly #notice = new Notice();
  readonly #titled = new Signal<this, PageTitle>(this);
  readonly #printed = new Signal<this, readonly OutputEntry[]>(this);
  readonly #live = new PromiseDelegate<void>();
  #model: KernelModel | null = null;
  #view: PanelView | null = null;
  #watch: (state: KernelState) => void = () => {};
  #state: ViewState = "loading";
  /** Counts the starts, so that what belongs to a former one can tell. */
  #start = 0;
  /** Who restarts the kernel; others may run the app in it, too. */
  #restarting: "" | "panel" | "others" = "";
  /** Whether the kernel has died, and not run the app since. */
  #died = false;
  #wasHot = true;
  /** Whether the file has failed, and may give an app when it is another: the kernel tells then. */
  #awaitsChange = false;
  /** Whether the kernel has told so, of a file that has no view. */
  #hasChanged = false;
  /** What the app's file printed when it was run. */
  #preface: OutputEntry[] = [];
  /** The kernel in which the app was run; empty while there is none. */
  #kernelId = "";

  constructor(options: PanelOptions) {
    super();
    this.#options = options;
    this.#trans = options.trans;
    this.addClass("jp-FletPanel");
    this.node.tabIndex = -1;
    this.#stage.className = "jp-FletPanel-app";
    this.node.append(this.#stage, this.#notice.element);
    const { kernel } = options;
    kernel.statusChanged.connect(this.#statusChanged, this);
    kernel.connectionStatusChanged.connect(this.#connectionChanged, this);
    addEventListener("pagehide", this.#pageHidden);
    options.preferences.changed.connect(this.#preferencesChanged, this);
  }

  /** The page's title and icon, each time one changes. */
  get titled(): ISignal<this, PageTitle> {
    return this.#titled;
  }

  /** What the app prints, tracebacks included, and what keeps it from running. */
  get printed(): ISignal<this, readonly OutputEntry[]> {
    return this.#printed;
  }

  /** Resolves when the app is seen for the first time. */
  get live(): Promise<void> {
    return this.#live.promise;
  }

  /** The path of the app's file, or of its notebook, on the server. */
  get path(): string {
    return this.#options.source.path();
  }

  /** What has gone between the app and this page; null while the app is not shown. */
  get counters(): Readonly<LinkCounters> | null {
    return this.#view?.counters ?? null;
  }

  /** Ask the kernel what an inspector wants to know of the app; null if nobody answers. See docs/comm-protocol.md. */
  async inspect(question: JSONObject): Promise<JSONObject | null> {
    return (await this.#model?.request("inspect", question)) ?? null;
  }

  get kernel(): PanelKernel {
    return this.#options.kernel;
  }

  get state(): ViewState {
    return this.#state;
  }

  /** Start the kernel, unless it runs, and the app in it. */
  async start(): Promise<void> {
    const { kernel } = this.#options;
    const trans = this.#trans;
    // While the kernel starts.
    loadEngine().then((engine) => engine.warmUp(basePath())).catch(() => {});
    this.#say({ text: trans.__("Starting the kernel…"), busy: true });
    try {
      const wasThere = await kernel.start();
      if (this.isDisposed) return;
      if (kernel.connection) await this.#run(kernel.connection, wasThere);
      else this.#fail(kernel.absence(trans), "", this.#startAction());
    } catch (error) {
      this.#fail(trans.__("The kernel could not be started."), reason(error), this.#startAction());
    }
  }

  /** Run the app's file anew; `force` also if it has not changed. What fails leaves the former version alive. */
  async reload(force: boolean): Promise<void> {
    const { source } = this.#options;
    const kernel = this.kernel.connection;
    if (kernel && this.#awaitsChange) {
      await this.#run(kernel);
      return;
    }
    if (!kernel || !this.#view || !source.reload) {
      await this.restart();
      return;
    }
    const start = this.#start;
    const preface = this.#preface;
    const wasOver = this.#isOver;
    const failure = await this.#execute(kernel, source.reload(force));
    // The kernel may have ended meanwhile, or been restarted, which is told already.
    if (this.isDisposed || start !== this.#start) return;
    const isOver = wasOver || this.#isOver;
    if (failure === null) {
      // The new version comes to the views of a living app only.
      if (isOver) await this.#run(kernel, true);
      else this.#notice.hide();
      return;
    }
    this.#preface = preface;
    const actions = [this.#reloadAction(), ...(isOver ? [] : [this.#hideAction()])];
    this.#say({ ...failure, error: true, over: isOver ? "dim" : "strip", actions });
  }

  /** Whether the app that is seen is only a picture of what it was. */
  get #isOver(): boolean {
    return this.#state === "closed" || this.#state === "failed";
  }

  /** Restart the kernel, and with it the app. */
  async restart(): Promise<void> {
    const { kernel } = this.#options;
    if (!kernel.connection || !kernel.restart) {
      await this.start();
      return;
    }
    this.#restarting = "panel";
    const isDone = await kernel.restart().catch(() => false);
    if (this.isDisposed) return;
    if (isDone) this.#restarted();
    else this.#fail(this.#trans.__("The kernel could not be restarted."), "", this.#startAction());
  }

  /** Run the app in the kernel that was restarted, unless that is done: nobody else may have told of the restart's end. */
  #restarted(): void {
    const { connection } = this.kernel;
    if (!this.#restarting || !connection) return;
    const mayKnow = this.#restarting === "others";
    this.#restarting = "";
    void this.#run(connection, mayKnow);
  }

  /** Let go of the app; `start` gets it back, or another. */
  leave(): void {
    this.#end();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    removeEventListener("pagehide", this.#pageHidden);
    this.#end();
    super.dispose();
  }

  /** The kernel goes on without this page, and should have nothing left of it. */
  readonly #pageHidden = ({ persisted }: PageTransitionEvent): void => {
    if (!persisted) this.#end();
  };

  protected override onActivateRequest(_message: Message): void {
    if (this.#view && this.#notice.element.hidden) this.#view.focus();
    else this.node.focus();
  }

  /** Show the app; run it first, unless the kernel `mayKnow` it already, and does. */
  async #run(kernel: Kernel.IKernelConnection, mayKnow = false): Promise<void> {
    const start = this.#begin(kernel.id);
    try {
      await this.#launch(kernel, mayKnow, start);
    } catch (error) {
      if (start !== this.#start) return;
      const { connection } = this.kernel;
      // The session may have got a fresh connection meanwhile; what was asked over the former is lost.
      if (kernel.isDisposed && connection) await this.#run(connection, true);
      else this.#fail(this.#trans.__("The app could not be started."), reason(error), this.#runAction());
    }
  }

  async #launch(kernel: Kernel.IKernelConnection, mayKnow: boolean, start: number): Promise<void> {
    const trans = this.#trans;
    const { source } = this.#options;
    const text = isLite() ? trans.__("Fetching what the app needs, and starting it…") : trans.__("Starting the app…");
    this.#say({ text, busy: true });
    let refusal = "";
    if (mayKnow || !source.run) {
      const model = this.#newModel(kernel);
      const traits = await model.open(source.question());
      if (start !== this.#start) return;
      if (isThere(traits)) return this.#show(model, start);
      refusal = traits?.closed ?? "";
    }
    if (source.run) {
      const model = this.#newModel(kernel);
      const answer = model.answered();
      // Until there is a view, which hears of that itself.
      const hear = ({ op }: { op: string }): void => {
        this.#hasChanged ||= op === "outdated";
        if (this.#hasChanged && this.#awaitsChange) this.#outdated();
      };
      model.on("msg:custom", hear);
      const failure = await this.#execute(kernel, source.run(model.id));
      if (start !== this.#start) return;
      if (failure) {
        const { isKernels, ...words } = failure;
        this.#awaitsChange = !isKernels;
        this.#say({ ...words, error: true, actions: [this.#runAction()] });
        if (this.#awaitsChange && this.#hasChanged) this.#outdated();
        return;
      }
      const traits = await answer;
      if (start !== this.#start) return;
      model.off("msg:custom", hear);
      if (isThere(traits)) return this.#show(model, start);
      refusal = traits?.closed ?? "";
    }
    this.#model?.dispose();
    this.#fail(refusal || trans.__("The kernel does not know this app."), "", this.#runAction());
  }

  /** Make the model of an app that the kernel is to give, in place of the former one. */
  #newModel(kernel: Kernel.IKernelConnection): KernelModel {
    this.#model?.dispose();
    this.#model = new KernelModel(kernel, this.path);
    return this.#model;
  }

  async #show(model: KernelModel, start: number): Promise<void> {
    const trans = this.#trans;
    try {
      const engine = await loadEngine();
      if (start !== this.#start) return;
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
        preface: () => this.#preface,
      });
      this.#notice.hide();
    } catch (error) {
      this.#fail(
        isLite()
          ? trans.__("Flet could not be loaded from this site. Build it in an environment that has flet-jupyter.")
          : trans.__(
              "Flet could not be loaded from the Jupyter server. Install flet-jupyter in the environment of the server, restart the server and reload this page.",
            ),
        reason(error),
        this.#runAction(),
      );
    }
  }

  #changed(state: ViewState, message: string): void {
    const isNews = state !== this.#state;
    this.#state = state;
    if (state === "live") this.#live.resolve();
    if (this.#isOver) {
      const notice: NoticeOptions = { text: message, error: true, over: "dim", actions: [this.#runAction()] };
      // It is said again whenever something else of the view changes.
      if (isNews) this.#say(notice);
      else this.#notice.show(notice);
    }
  }

  #preferencesChanged({ isHot }: Preferences): void {
    // What was saved meanwhile is to be shown now; nothing happens if nothing was.
    if (isHot && !this.#wasHot && (this.#view || this.#hasChanged)) this.#outdated();
    this.#wasHot = isHot;
  }

  #outdated(): void {
    if (this.#options.preferences.isHot && this.#options.source.reload) void this.reload(false);
  }

  #begin(kernelId: string): number {
    this.#end();
    this.#kernelId = kernelId;
    this.#died = false;
    return ++this.#start;
  }

  #end(): void {
    this.#start += 1;
    this.#view?.dispose();
    this.#view = null;
    this.#model?.dispose();
    this.#model = null;
    this.#kernelId = "";
    this.#watch = () => {};
    this.#state = "loading";
    this.#awaitsChange = false;
    this.#hasChanged = false;
  }

  /** Run Python that runs the app's file. */
  #execute(kernel: Kernel.IKernelConnection, code: string): Promise<Failure | null> {
    this.#preface = [];
    return execute(kernel, code, (entry) => this.#print(entry), this.#trans);
  }

  #print(entry: OutputEntry): void {
    this.#view?.print([entry]);
    this.#preface = [...this.#preface, entry].slice(-MAX_PREFACE);
    this.#printed.emit([entry]);
  }

  #statusChanged(_sender: unknown, status: Kernel.Status): void {
    const trans = this.#trans;
    const other = this.#otherKernel();
    if (status === "restarting" && !this.#options.source.run) {
      this.#end();
      this.#fail(trans.__("The kernel was restarted, and the app has ended with it."), "", this.#startAction());
    } else if (status === "restarting") {
      this.#restarting ||= "others";
      this.#end();
      this.#say({ text: trans.__("Restarting the kernel…"), busy: true });
    } else if (status === "autorestarting" || (status === "dead" && this.#died)) {
      this.#restarting = "";
      this.#died = true;
      this.#end();
      this.#fail(trans.__("The kernel died."), "", this.#runAction());
    } else if (status === "terminating" || status === "dead") {
      // A kernel that dies is started anew by the server; one that is dead without that was shut down somewhere.
      this.#gone();
    } else if (this.#restarting && status === "idle") this.#restarted();
    else if (other) void this.#run(other);
    else this.#tellKernel();
  }

  /** The kernel that somebody has chosen instead of the one in which the app was run. */
  #otherKernel(): Kernel.IKernelConnection | null {
    const { connection } = this.kernel;
    const isOther = this.#options.source.run && this.#kernelId && connection?.id !== this.#kernelId;
    return isOther ? connection : null;
  }

  #gone(): void {
    this.#end();
    this.#say({ text: this.#trans.__("The kernel was shut down."), actions: [this.#startAction()] });
  }

  #connectionChanged(): void {
    this.#tellKernel();
  }

  #tellKernel(): void {
    const kernel = this.kernel.connection;
    const connection = kernel?.connectionStatus;
    if (connection === "connecting" || connection === "disconnected") {
      const message = this.#trans.__("Connection to the Jupyter server lost; reconnecting… The app keeps its state.");
      this.#watch({ kind: "reconnecting", message });
    } else this.#watch({ kind: "connected", idle: kernel?.status === "idle" });
  }

  #say(options: NoticeOptions): void {
    this.#notice.show(options);
    const { text, details, error } = options;
    if (error) this.#printed.emit([{ kind: "error", text: `${[text, details].filter(Boolean).join("\n")}\n` }]);
  }

  #fail(text: string, details: string, action: Action): void {
    this.#say({ text, details, error: true, actions: [action] });
  }

  #startAction(): Action {
    return this.#options.source.again ?? { label: this.#trans.__("Start the App"), run: () => void this.restart() };
  }

  #runAction(): Action {
    return this.#options.source.again ?? {
      label: this.#trans.__("Start the App"),
      run: () => {
        const kernel = this.kernel.connection;
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

/** Whether the kernel has given an app, which lives. */
function isThere(traits: AppTraits | null): boolean {
  return traits !== null && !traits.closed;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
