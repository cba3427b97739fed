/** A kernel that somebody else has started, for his notebook as a rule: a connection to it, and what becomes of it. */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import { settled } from "./kernel-model.ts";

/** What a kernel says of itself; whatever else there is comes from its server. */
const OWN_STATES: ReadonlySet<unknown> = new Set(["starting", "busy", "idle"]);

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
    connection.connectionStatusChanged.connect(this.#onConnectionStatus);
    connection.iopubMessage.connect(this.#onMessage);
    return true;
  }

  dispose(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.#life = "";
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
    // Services call a kernel dead that somebody has shut down; the server then has none of this id.
    if (status === "autorestarting") this.#life = "";
    const isThere = [...this.kernels.running()].some(({ id }) => id === this.id);
    this.#statusChanged.emit(status === "dead" && !isThere ? "terminating" : status);
  };

  readonly #onMessage = (sender: Kernel.IKernelConnection, { header, content }: KernelMessage.IIOPubMessage): void => {
    // The server tells of a kernel's end itself, and of output that is too much, in a session of its own or in the connection's.
    if (header.msg_type !== "status" || header.session === sender.clientId) return;
    if (!OWN_STATES.has((content as { execution_state?: unknown }).execution_state)) return;
    const former = this.#life;
    this.#life = header.session;
    // Whoever has restarted it has done so through another connection, which alone knows of it.
    if (former && former !== header.session) this.#statusChanged.emit("restarting");
  };
}
