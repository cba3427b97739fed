/** A kernel that somebody else has started, for his notebook as a rule: a connection to it, and what becomes of it. */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import { KernelLife } from "./kernel-life.ts";
import { settled } from "./kernel-model.ts";

export class SharedKernel {
  readonly #statusChanged = new Signal<this, Kernel.Status>(this);
  readonly #connectionStatusChanged = new Signal<this, Kernel.ConnectionStatus>(this);
  #connection: Kernel.IKernelConnection | null = null;
  #life = new KernelLife();
  #isDisposed = false;

  constructor(
    private readonly kernels: Kernel.IManager,
    private id: string,
  ) {}

  get connection(): Kernel.IKernelConnection | null {
    return this.#connection?.isDisposed ? null : this.#connection;
  }

  get statusChanged(): ISignal<this, Kernel.Status> {
    return this.#statusChanged;
  }

  get connectionStatusChanged(): ISignal<this, Kernel.ConnectionStatus> {
    return this.#connectionStatusChanged;
  }

  /** Be connected to another kernel from the next start on. */
  follow(id: string): void {
    if (id === this.id) return;
    this.id = id;
    this.#leave();
  }

  /** Be connected, if there is such a kernel. Resolves to true: whatever the kernel has, it has already. */
  async start(): Promise<boolean> {
    await this.kernels.ready;
    await this.kernels.refreshRunning();
    const model = [...this.kernels.running()].find(({ id }) => id === this.id);
    // It may have been disposed meanwhile, and nobody would end what is connected now.
    if (!model || this.connection || this.#isDisposed) return true;
    // The notebook's connection handles the comms: a page may have but one that does.
    const connection = (this.#connection = this.kernels.connectTo({ model: { ...model }, handleComms: false }));
    connection.statusChanged.connect(this.#onStatus);
    connection.connectionStatusChanged.connect(this.#onConnectionStatus);
    connection.iopubMessage.connect(this.#onMessage);
    return true;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#leave();
  }

  #leave(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.#life = new KernelLife();
    if (!connection || connection.isDisposed) return;
    connection.statusChanged.disconnect(this.#onStatus);
    connection.connectionStatusChanged.disconnect(this.#onConnectionStatus);
    connection.iopubMessage.disconnect(this.#onMessage);
    void settled(connection).then(() => connection.dispose());
  }

  readonly #onConnectionStatus = (_sender: unknown, status: Kernel.ConnectionStatus): void => {
    this.#connectionStatusChanged.emit(status);
  };

  readonly #onStatus = (_sender: unknown, status: Kernel.Status): void => {
    this.#life.tell(status);
    // Services call a kernel dead that somebody has shut down; the server then has none of this id.
    const isThere = [...this.kernels.running()].some(({ id }) => id === this.id);
    this.#statusChanged.emit(status === "dead" && !isThere ? "terminating" : status);
  };

  readonly #onMessage = (sender: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void => {
    if (this.#life.hear(sender, message)) this.#statusChanged.emit("restarting");
  };
}
