/**
 * One app in a kernel, as the engine's views see it: a model with traits and messages, over a comm of its own.
 *
 * The comm's messages are made and read here instead of by `Kernel.IComm`: JupyterLab lets only one connection of a page to
 * a kernel have comms, and the notebook beside the panel needs them. They go to a subshell of the panel's own from the first one on,
 * so that the app is there even while a cell runs.
 */

import { CommsOverSubshells, KernelMessage } from "@jupyterlab/services";
import type { Kernel } from "@jupyterlab/services";
import { UUID } from "@lumino/coreutils";
import type { JSONObject } from "@lumino/coreutils";
import type { WidgetModel } from "./app-view.ts";

/** The comm target that the kernel answers; see docs/comm-protocol.md. */
const COMM_TARGET = "flet_jupyter";

/** What the kernel says of an app. */
export interface AppTraits {
  flet_version: string;
  label: string;
  /** Why it has ended; empty while it lives. */
  closed: string;
}

/** How long to wait for the answer to a request. Milliseconds. */
const ANSWER_PATIENCE = 5_000;

/** How long to wait for a subshell; the app can do without. Milliseconds. */
const SUBSHELL_PATIENCE = 5_000;

/** Subshells that are being made. */
const underway = new WeakMap<Kernel.IKernelConnection, Set<Promise<unknown>>>();

/** Resolves when the models have nothing left to do with a connection, short of being disposed: it can be disposed then. */
export async function settled(kernel: Kernel.IKernelConnection): Promise<void> {
  await Promise.all(underway.get(kernel) ?? []);
}

type Buffers = (ArrayBuffer | ArrayBufferView)[];
type Callback = (...args: never[]) => void;
type ControlRequest = "kernel_info_request" | "create_subshell_request" | "delete_subshell_request";
type InfoReply = Partial<KernelMessage.IInfoReply>;
type Answer = { op: "app" } & AppTraits;

export class KernelModel implements WidgetModel {
  /** What the view looks for the paths of assets in. */
  readonly widget_manager: unknown;
  /** The comm's. */
  readonly id = UUID.uuid4();
  readonly #listeners = new Map<string, Set<Callback>>();
  #traits: AppTraits | null = null;
  #subshell: string | null = null;
  readonly #requests = new Map<number, (answer: JSONObject | null) => void>();
  #lastRequest = 0;
  #resolve: (traits: AppTraits | null) => void = () => {};
  #disposed = false;

  /** `path` is that of the app's file on the server. */
  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    path: string,
  ) {
    this.widget_manager = { context: { path } };
    kernel.iopubMessage.connect(this.#onMessage);
  }

  /** Ask the kernel for an app; null if it answers no such questions (yet). */
  async open(question: JSONObject): Promise<AppTraits | null> {
    const answer = this.#answer();
    await this.#startSubshell();
    if (this.#disposed) return null;
    this.#say("comm_open", { target_name: COMM_TARGET, data: question });
    return answer;
  }

  /** Wait for the kernel to give an app without being asked over this comm, of which it is told by other ways. */
  async answered(): Promise<AppTraits | null> {
    const [answer] = await Promise.all([this.#answer(), this.#startSubshell()]);
    return answer;
  }

  #answer(): Promise<AppTraits | null> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get(name: string): unknown {
    return this.#traits?.[name as keyof AppTraits];
  }

  on(names: string, callback: Callback): void {
    for (const name of names.split(" ")) {
      const callbacks = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, callbacks.add(callback));
    }
  }

  off(names?: string | null, callback?: Callback | null): void {
    for (const name of names?.split(" ") ?? [...this.#listeners.keys()]) {
      if (callback) this.#listeners.get(name)?.delete(callback);
      else this.#listeners.delete(name);
    }
  }

  send(content: unknown, _callbacks?: unknown, buffers: Buffers = []): void {
    this.#say("comm_msg", { data: content as JSONObject }, buffers);
  }

  /** Ask the kernel something about the app; null if it does not answer. */
  request(op: string, question: JSONObject): Promise<JSONObject | null> {
    if (this.#disposed || !this.#traits) return Promise.resolve(null);
    const id = ++this.#lastRequest;
    return new Promise((resolve) => {
      const end = (answer: JSONObject | null): void => {
        clearTimeout(timer);
        this.#requests.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => end(null), ANSWER_PATIENCE);
      this.#requests.set(id, end);
      this.send({ op, id, ...question });
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    const subshell = this.#subshell;
    if (!this.kernel.isDisposed) {
      this.kernel.iopubMessage.disconnect(this.#onMessage);
      if (this.kernel.status !== "dead") {
        // To the main shell: the subshell may end before it reads what it was sent.
        this.#subshell = null;
        this.#say("comm_close", { data: {} });
        if (subshell) this.#deleteSubshell(subshell);
      }
    }
    this.#disposed = true;
    this.#resolve(null);
    for (const end of this.#requests.values()) end(null);
    this.#listeners.clear();
  }

  async #startSubshell(): Promise<void> {
    const { kernel } = this;
    if (kernel.commsOverSubshells === CommsOverSubshells.Disabled) return;
    await this.#connected();
    if (this.#disposed) return;
    // The connection itself asks the main shell, which answers after the running cell: as long as that runs, a connection of
    // its own knows nothing of subshells, and does not make any.
    const info = await Promise.race([kernel.info, this.#control("kernel_info_request", {}) as Promise<InfoReply>]);
    if (this.#disposed || !info.supported_features?.includes("kernel subshells")) return;
    const making = this.#makeSubshell();
    const all = underway.get(kernel) ?? new Set();
    underway.set(kernel, all.add(making));
    await making;
    all.delete(making);
  }

  /** Have a subshell, if the kernel makes one in time. Never rejects. */
  #makeSubshell(): Promise<void> {
    return new Promise((resolve) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        resolve();
      }, SUBSHELL_PATIENCE);
      this.#control("create_subshell_request", {})
        .then(({ subshell_id: id }) => {
          if (typeof id !== "string") return;
          if (this.#disposed || isLate) this.#deleteSubshell(id);
          else this.#subshell = id;
        })
        .catch(() => {})
        .finally(() => {
          clearTimeout(timer);
          resolve();
        });
    });
  }

  #deleteSubshell(id: string): void {
    this.#control("delete_subshell_request", { subshell_id: id }).catch(() => {});
  }

  /** What is sent earlier would wait for that answer of the main shell, too. */
  async #connected(): Promise<void> {
    const { kernel } = this;
    if (kernel.connectionStatus === "connected") return;
    await new Promise<void>((resolve) => {
      const listener = (): void => {
        if (kernel.connectionStatus !== "connected" && !this.#disposed) return;
        kernel.connectionStatusChanged.disconnect(listener);
        resolve();
      };
      kernel.connectionStatusChanged.connect(listener);
      kernel.disposed.connect(() => resolve());
    });
  }

  /** Ask the kernel's control channel, which answers at any time. */
  async #control(msgType: ControlRequest, content: JSONObject): Promise<JSONObject> {
    const { kernel } = this;
    const message = KernelMessage.createMessage({
      msgType,
      channel: "control",
      username: kernel.username,
      session: kernel.clientId,
      content,
    } as unknown as KernelMessage.IOptions<KernelMessage.ICreateSubshellRequestMsg>);
    const reply = await kernel.sendControlMessage(message, true, true).done;
    return reply.content as unknown as JSONObject;
  }

  #say(msgType: "comm_open" | "comm_msg" | "comm_close", content: JSONObject, buffers: Buffers = []): void {
    if (this.#disposed || this.kernel.isDisposed) return;
    const message = KernelMessage.createMessage({
      msgType,
      channel: "shell",
      username: this.kernel.username,
      session: this.kernel.clientId,
      subshellId: this.#subshell,
      content: { comm_id: this.id, ...content },
      buffers,
    } as unknown as KernelMessage.IOptions<KernelMessage.ICommMsgMsg<"shell">>);
    this.kernel.sendShellMessage(message, false, true);
  }

  readonly #onMessage = (_sender: unknown, message: KernelMessage.IIOPubMessage): void => {
    const content = message.content as { comm_id?: string; data?: { op?: string; id?: number } };
    if (content.comm_id !== this.id) return;
    if (message.header.msg_type === "comm_close") this.#resolve(null);
    else if (message.header.msg_type !== "comm_msg") return;
    else if (content.data?.op === "app") this.#receiveTraits(content.data as Answer);
    else if (content.data?.op === "inspected") this.#requests.get(content.data.id ?? 0)?.(content.data as JSONObject);
    else this.#emit("msg:custom", content.data, message.buffers ?? []);
  };

  #receiveTraits({ op: _op, ...traits }: Answer): void {
    this.#traits = traits;
    this.#resolve(traits);
    for (const name of ["closed", "label"]) this.#emit(`change:${name}`);
  }

  #emit(name: string, ...args: unknown[]): void {
    for (const callback of [...(this.#listeners.get(name) ?? [])]) (callback as (...args: unknown[]) => void)(...args);
  }
}
