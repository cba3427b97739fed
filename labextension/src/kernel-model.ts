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
import type { WidgetModel } from "./engine";
import { COMM_TARGET } from "./tokens";

/** What the kernel says of an app. */
export interface AppTraits {
  flet_version: string;
  label: string;
  /** Why it has ended; empty while it lives. */
  closed: string;
}

type Buffers = (ArrayBuffer | ArrayBufferView)[];
type Callback = (...args: never[]) => void;
type Answer = { op: "app" } & AppTraits;

export class KernelModel implements WidgetModel {
  /** What the view looks for the paths of assets in. */
  readonly widget_manager: unknown;
  readonly #id = UUID.uuid4();
  readonly #listeners = new Map<string, Set<Callback>>();
  #traits: AppTraits | null = null;
  #subshell: string | null = null;
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
    const answer = new Promise<AppTraits | null>((resolve) => {
      this.#resolve = resolve;
    });
    await this.#startSubshell();
    if (this.#disposed) return null;
    this.#say("comm_open", { target_name: COMM_TARGET, data: question });
    return answer;
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

  dispose(): void {
    if (this.#disposed) return;
    if (!this.kernel.isDisposed) {
      this.kernel.iopubMessage.disconnect(this.#onMessage);
      if (this.kernel.status !== "dead") {
        this.#say("comm_close", { data: {} });
        if (this.#subshell) this.kernel.requestDeleteSubshell({ subshell_id: this.#subshell }, true);
      }
    }
    this.#disposed = true;
    this.#resolve(null);
    this.#listeners.clear();
  }

  async #startSubshell(): Promise<void> {
    const { kernel } = this;
    await kernel.info;
    if (this.#disposed || !kernel.supportsSubshells || kernel.commsOverSubshells === CommsOverSubshells.Disabled) return;
    const reply = await kernel.requestCreateSubshell({}).done;
    this.#subshell = reply.content.subshell_id;
  }

  #say(msgType: "comm_open" | "comm_msg" | "comm_close", content: JSONObject, buffers: Buffers = []): void {
    if (this.#disposed || this.kernel.isDisposed) return;
    const message = KernelMessage.createMessage({
      msgType,
      channel: "shell",
      username: this.kernel.username,
      session: this.kernel.clientId,
      subshellId: this.#subshell,
      content: { comm_id: this.#id, ...content },
      buffers,
    } as unknown as KernelMessage.IOptions<KernelMessage.ICommMsgMsg<"shell">>);
    this.kernel.sendShellMessage(message, false, true);
  }

  readonly #onMessage = (_sender: unknown, message: KernelMessage.IIOPubMessage): void => {
    const content = message.content as { comm_id?: string; data?: { op?: string } };
    if (content.comm_id !== this.#id) return;
    if (message.header.msg_type === "comm_close") this.#resolve(null);
    else if (message.header.msg_type !== "comm_msg") return;
    else if (content.data?.op === "app") this.#receiveTraits(content.data as Answer);
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
