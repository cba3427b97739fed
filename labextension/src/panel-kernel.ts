/** The kernel of a panel: one that it has for itself, or that of a notebook. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, ServiceManager, Session } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import { KernelLife } from "../../client_assets/src/kernel-life";
import type { KernelMessage } from "../../client_assets/src/kernel-life";
import { settled } from "../../client_assets/src/kernel-model";
import { isLite } from "../../client_assets/src/lite";
import { SharedKernel } from "../../client_assets/src/shared-kernel";

export interface PanelKernel {
  /** The connection to it; null before it has started and after it has ended. */
  readonly connection: Kernel.IKernelConnection | null;
  readonly statusChanged: ISignal<unknown, Kernel.Status>;
  readonly connectionStatusChanged: ISignal<unknown, Kernel.ConnectionStatus>;
  /**
   * Have `connection` be there, if that is possible. Resolves to whether the kernel ran before, hence may have the app.
   */
  start(): Promise<boolean>;
  /** Why there is no connection after a start. */
  absence(trans: TranslationBundle): string;
  /** Start the kernel anew, if that is the panel's business. Resolves to whether that went well; the status tells when it is there. */
  restart?(): Promise<boolean>;
}

/** What panels that were closed have yet to do with their sessions, by the sessions' paths. */
const partings = new Map<string, Promise<void>>();

/** The kernels that panels of this page have. */
const inUse = new Set<SessionKernel>();

/** The kernel of a session that is the panel's own. */
export class SessionKernel implements PanelKernel {
  readonly #statusChanged = new Signal<this, Kernel.Status>(this);
  readonly #life = new KernelLife();
  #initialized = false;
  #restarting: Promise<boolean> | null = null;
  #starting: Promise<boolean> | null = null;

  constructor(private readonly session: ISessionContext) {
    session.statusChanged.connect(this.#onStatus, this);
    session.iopubMessage.connect(this.#onMessage, this);
    inUse.add(this);
  }

  get connection(): Kernel.IKernelConnection | null {
    const kernel = this.session.session?.kernel;
    return kernel && !kernel.isDisposed ? kernel : null;
  }

  get statusChanged(): ISignal<unknown, Kernel.Status> {
    return this.#statusChanged;
  }

  get connectionStatusChanged(): ISignal<unknown, Kernel.ConnectionStatus> {
    return this.session.connectionStatusChanged;
  }

  start(): Promise<boolean> {
    return (this.#starting = this.#start());
  }

  /** Let go of the session; end it with its kernel if `endsKernel`, and nobody else has the kernel. */
  part(services: ServiceManager.IManager, endsKernel: boolean): void {
    inUse.delete(this);
    const { path } = this.session;
    const former = partings.get(path);
    const parting = this.#part(services, endsKernel, former).finally(() => {
      if (partings.get(path) === parting) partings.delete(path);
    });
    partings.set(path, parting);
  }

  async #part(services: ServiceManager.IManager, endsKernel: boolean, former?: Promise<void>): Promise<void> {
    const { session } = this;
    await this.#starting?.catch(() => {});
    await former;
    const kernel = session.session?.kernel;
    try {
      if (kernel && endsKernel && !(await this.#isShared(services, kernel))) await session.shutdown();
      if (kernel) await settled(kernel);
    } catch {
      // A server that does not answer tells nothing of others, and ends nothing.
    } finally {
      session.dispose();
    }
  }

  /** Whether somebody else is connected to the kernel, or has it in a session: a notebook that is not open at present, say. */
  async #isShared({ kernels, sessions }: ServiceManager.IManager, { id }: Kernel.IKernelConnection): Promise<boolean> {
    await Promise.all([kernels.refreshRunning(), sessions.refreshRunning()]);
    // JupyterLite does not count connections; but there they are all from this page.
    if ([...inUse].some(({ connection }) => connection?.id === id)) return true;
    const connections = [...kernels.running()].find((model) => model.id === id)?.connections ?? 0;
    const own = this.session.session?.id;
    return connections > 1 || [...sessions.running()].some((model) => model.kernel?.id === id && model.id !== own);
  }

  async #start(): Promise<boolean> {
    const { session } = this;
    await session.sessionManager.ready;
    // The server lists a session until its kernel has ended, and gives it to whoever asks for one with its path.
    await partings.get(session.path);
    // As far as is known without asking: who believes that it starts something new just does so in vain.
    let running = this.#find();
    if (!this.#initialized) {
      this.#initialized = true;
      await session.specsManager.ready;
      await session.initialize();
    } else if (!this.connection) {
      // `initialize` does it but once. The session may have gone with its kernel, and somebody may have started another.
      await Promise.all([session.specsManager.refreshSpecs(), session.sessionManager.refreshRunning()]);
      running = this.#find();
      if (running?.kernel && !session.session) await session.changeKernel({ id: running.kernel.id });
      else await session.startKernel();
    }
    return running !== undefined;
  }

  #find(): Session.IModel | undefined {
    const { sessionManager, path } = this.session;
    return [...sessionManager.running()].find((model) => model.path === path);
  }

  absence(trans: TranslationBundle): string {
    const specs = Object.values(this.session.specsManager.specs?.kernelspecs ?? {});
    return specs.some((spec) => spec?.language.toLowerCase() === "python")
      ? trans.__("The kernel could not be started.")
      : isLite()
        ? trans.__("This site has no Python kernel. Build it with jupyterlite-pyodide-kernel.")
        : trans.__("This server has no Python kernel. Install one (pip install ipykernel), and start the app again.");
  }

  restart(): Promise<boolean> {
    // While it restarts, the session takes no second wish.
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = null;
    });
    return this.#restarting;
  }

  async #restart(): Promise<boolean> {
    await this.session.restartKernel();
    // It keeps errors to itself.
    return this.session.isReady;
  }

  #onStatus(_sender: unknown, status: Kernel.Status): void {
    this.#life.tell(status);
    this.#statusChanged.emit(status);
  }

  #onMessage(_sender: unknown, message: KernelMessage): void {
    const { connection } = this;
    if (!connection || !this.#life.hear(connection, message)) return;
    this.#statusChanged.emit("restarting");
    // It is there again, or this would not be heard; what else it has to say may be a long time coming.
    this.#statusChanged.emit(connection.status);
  }
}

/** The kernel of a notebook: the panel is connected to it, as others are. */
export class NotebookKernel extends SharedKernel implements PanelKernel {
  absence(trans: TranslationBundle): string {
    return trans.__("The kernel was shut down.");
  }
}
