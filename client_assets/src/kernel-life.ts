/** What a kernel's statuses and messages mean to its apps: they live as long as the kernel's process does. */

/** A status that tells of the end of the kernel's apps. JupyterLab calls a kernel that has crashed "restarting" first. */
export type End = "restarting" | "autorestarting" | "dead" | "terminating";

/** What to say at such an end. */
export type LastWords = Readonly<Record<End, string>>;

const ENDS: ReadonlySet<unknown> = new Set<End>(["restarting", "autorestarting", "dead", "terminating"]);

/** What a kernel says of itself; whatever else there is comes from its server. */
const OWN_STATES: ReadonlySet<unknown> = new Set(["starting", "busy", "idle"]);

/** The parts of a connection that are read here. Front ends other than JupyterLab may have less. */
export interface Connection {
  readonly id?: unknown;
  readonly clientId?: unknown;
}

/** The parts of a message on the IOPub channel that are read here. */
export interface KernelMessage {
  readonly header: { readonly msg_type: string; readonly session: string };
  readonly parent_header?: { readonly session?: string };
  readonly content: unknown;
}

export function isEnd(status: unknown): status is End {
  return ENDS.has(status);
}

/**
 * Notices that a kernel was restarted by somebody else: the server tells that to nobody but him. Each life of a kernel has a
 * name of its own, which all of its messages bear.
 */
export class KernelLife {
  #kernelId: unknown;
  #name = "";
  /** Whether the connection has told already that this life ends. */
  #isEnding = false;

  /** Take a status of the connection. */
  tell(status: unknown): void {
    if (this.#name && isEnd(status)) this.#isEnding = true;
  }

  /** Take a message; returns whether it is the first of a life of which nobody has told. */
  hear(connection: Connection, { header, parent_header: parent, content }: KernelMessage): boolean {
    // The server tells of a kernel's end itself, and of output that is too much, in a session of its own or in the connection's.
    if (header.msg_type !== "status" || header.session === connection.clientId) return false;
    // JupyterLite's kernels bear no name: they speak in that of whoever has asked.
    if (header.session === "" || header.session === parent?.session) return false;
    if (!OWN_STATES.has((content as { execution_state?: unknown }).execution_state)) return false;
    const isSame = connection.id === this.#kernelId;
    const isNews = isSame && this.#name !== "" && this.#name !== header.session;
    const wasTold = this.#isEnding;
    if (!isSame || isNews) this.#isEnding = false;
    this.#kernelId = connection.id;
    this.#name = header.session;
    return isNews && !wasTold;
  }
}
