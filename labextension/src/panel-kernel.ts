/** The kernel of a panel: one that it has for itself, or that of a notebook. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, Session } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ISignal } from "@lumino/signaling";
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

/** The kernel of a session that is the panel's own. */
export class SessionKernel implements PanelKernel {
  #initialized = false;
  #restarting: Promise<boolean> | null = null;
  #starting: Promise<boolean> | null = null;

  constructor(private readonly session: ISessionContext) {}

  get connection(): Kernel.IKernelConnection | null {
    const kernel = this.session.session?.kernel;
    return kernel && !kernel.isDisposed ? kernel : null;
  }

  get statusChanged(): ISignal<unknown, Kernel.Status> {
    return this.session.statusChanged;
  }

  get connectionStatusChanged(): ISignal<unknown, Kernel.ConnectionStatus> {
    return this.session.connectionStatusChanged;
  }

  start(): Promise<boolean> {
    return (this.#starting = this.#start());
  }

  /** Resolves when no start is under way. */
  async settled(): Promise<void> {
    await this.#starting?.catch(() => {});
  }

  async #start(): Promise<boolean> {
    const { session } = this;
    await session.sessionManager.ready;
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
}

/** The kernel of a notebook: the panel is connected to it, as others are. */
export class NotebookKernel extends SharedKernel implements PanelKernel {
  absence(trans: TranslationBundle): string {
    return trans.__("The kernel was shut down.");
  }
}
