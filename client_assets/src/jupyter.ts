/**
 * What the Jupyter front end knows about the kernel, as far as it lets a widget know.
 *
 * A widget model carries its manager; JupyterLab's has a kernel connection with signals. Others (Voila, JupyterLite, VS Code)
 * may have less: everything here is optional, and its absence means "connected as far as we know".
 */

import { isEnd, KernelLife } from "./kernel-life.ts";
import type { Connection, KernelMessage, LastWords } from "./kernel-life.ts";
import { say } from "./words.ts";

export type KernelState =
  | { kind: "connected"; idle: boolean }
  | { kind: "reconnecting"; message: string }
  | { kind: "gone"; message: string };

/** Tells `listener` the kernel's state, now and at each change, until `signal` aborts. */
export type KernelWatch = (listener: (state: KernelState) => void, signal: AbortSignal) => void;

interface Signal<Value = unknown> {
  connect(slot: (sender: unknown, value: Value) => void): unknown;
  disconnect(slot: (sender: unknown, value: Value) => void): unknown;
}

interface KernelConnection extends Connection {
  status?: unknown;
  connectionStatus?: unknown;
  statusChanged?: Signal;
  connectionStatusChanged?: Signal;
  iopubMessage?: Signal<KernelMessage>;
  disposed?: Signal;
}

const RESTARTED = "The kernel was restarted: run this cell again to start the app.";
const DIED = "The kernel died: start it again, then run this cell to start the app.";
const CRASHED = "The kernel died and was started again: run this cell again to start the app.";
const SHUT_DOWN = "The kernel was shut down: start it again, then run this cell to start the app.";
const RECONNECTING =
  "Connection to the Jupyter server lost; reconnecting… If this stays, see whether the server still runs. The app keeps its state.";

const GONE: LastWords = {
  restarting: RESTARTED,
  autorestarting: CRASHED,
  dead: DIED,
  terminating: SHUT_DOWN,
};

/**
 * The watch of a widget manager's kernel.
 *
 * "gone" is final: the kernel that runs under the same name afterwards does not know the app.
 */
export function watchKernel(manager: unknown): KernelWatch {
  return (listener, signal) => watch(manager, listener, signal);
}

function watch(manager: unknown, listener: (state: KernelState) => void, signal: AbortSignal): void {
  const kernel = kernelOf(manager);
  if (!kernel) {
    listener({ kind: "connected", idle: false });
    return;
  }
  const life = new KernelLife();
  let gone = "";
  const end = (message: string): void => {
    // JupyterLab calls a crashed kernel "restarting" first and says only then that nobody asked for it.
    if (gone && !(gone === RESTARTED && message === CRASHED)) return;
    gone = message;
    listener({ kind: "gone", message: say(message) });
  };
  const tell = (): void => {
    if (gone) return;
    const connection = kernel.connectionStatus;
    if (connection === "connecting" || connection === "disconnected") listener({ kind: "reconnecting", message: say(RECONNECTING) });
    else listener({ kind: "connected", idle: kernel.status === "idle" });
  };
  const onStatus = (_sender: unknown, status: unknown): void => {
    life.tell(status);
    if (isEnd(status)) end(GONE[status]);
    else tell();
  };
  const onMessage = (_sender: unknown, message: KernelMessage): void => {
    if (life.hear(kernel, message)) end(RESTARTED);
  };
  const onConnection = (): void => tell();
  const onDisposed = (): void => end(SHUT_DOWN);
  kernel.statusChanged?.connect(onStatus);
  kernel.connectionStatusChanged?.connect(onConnection);
  kernel.iopubMessage?.connect(onMessage);
  kernel.disposed?.connect(onDisposed);
  signal.addEventListener("abort", () => {
    kernel.statusChanged?.disconnect(onStatus);
    kernel.connectionStatusChanged?.disconnect(onConnection);
    kernel.iopubMessage?.disconnect(onMessage);
    kernel.disposed?.disconnect(onDisposed);
  });
  tell();
}

/** The id of a widget manager's kernel on its server; empty if it does not say. */
export function kernelId(manager: unknown): string {
  const { id } = kernelOf(manager) ?? {};
  return typeof id === "string" ? id : "";
}

function kernelOf(manager: unknown): KernelConnection | null {
  try {
    const { kernel } = (manager ?? {}) as { kernel?: KernelConnection | null };
    return kernel && typeof kernel === "object" ? kernel : null;
  } catch {
    // JupyterLab's getter throws when the manager was disposed with its notebook.
    return null;
  }
}
