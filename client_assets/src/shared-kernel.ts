/** A kernel that somebody else has started, for his notebook as a rule: a connection to it, and what becomes of it. */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";

export class SharedKernel {
  readonly #statusChanged = new Signal<this, Kernel.Status>(this);
  readonly #connectionStatusChanged = new Signal<this, Kernel.ConnectionStatus>(this);
  #connection: Kernel.IKernelConnection | null = null;
  /** The kernel's name for its present life, which ends with a restart. */
  #life = "";

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
    this.dispose();
  }

  /** Be connected, if there is such a kernel. Resolves to true: whatever the kernel has, it has already. */
  async start(): Promise<boolean> {
    await this.kernels.ready;
    await this.kernels.refreshRunning();
    const model = [...this.kernels.running()].find(({ id }) => id === this.id);
    if (!model || this.connection) return true;
    // The notebook's connection handles the comms: a page may have but one that does.
    const connection = (this.#connection = this.kernels.connectTo({ model: { ...model }, handleComms: false }));
    connection.statusChanged.connect(this.#onStatus);
    connection.connectionStatusChanged.connect((_sender, status) => this.#connectionStatusChanged.emit(status));
    connection.iopubMessage.connect(this.#onMessage);
    return true;
  }

  dispose(): void {
    this.#connection?.dispose();
    this.#connection = null;
    this.#life = "";
  }

  readonly #onStatus = (_sender: unknown, status: Kernel.Status): void => {
    // Services call a kernel dead that somebody has shut down; the server then has none of this id.
    if (status === "autorestarting") this.#life = "";
    const isThere = [...this.kernels.running()].some(({ id }) => id === this.id);
    this.#statusChanged.emit(status === "dead" && !isThere ? "terminating" : status);
  };

  readonly #onMessage = (_sender: unknown, { header, content }: KernelMessage.IIOPubMessage): void => {
    // The server itself tells of a kernel's end.
    const { execution_state: state } = content as { execution_state?: string };
    if (state === "restarting" || state === "dead") return;
    const former = this.#life;
    this.#life = header.session;
    // Whoever has restarted it has done so through another connection, which alone knows of it.
    if (former && former !== header.session) this.#statusChanged.emit("restarting");
  };
}
