/**
 * One link between a view and its kernel: numbers packets, acknowledges them, notices what is missing.
 *
 * It does no I/O of its own: messages leave through `send`, time comes from `clock`, and what the owner
 * must know is told through `LinkEvents`. After `unknown` the link opens again under a new id.
 */

import type { UploadGrant } from "./files.ts";
import { isRegister } from "./packets.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { PageInfo, Send, ToLink, Visitor } from "./protocol.ts";

/** How long a lone packet from the kernel may wait for its acknowledgement. Milliseconds. */
export const ACK_DELAY = 100;
/** How long after a sent message silence from the kernel is worth a ping. Milliseconds. */
export const QUIET_PING = 1_000;
/** How often to ask for a sign of life when nothing happens. Milliseconds. */
export const IDLE_PING = 30_000;
/** How long a ping may stay unanswered before the user is told. Milliseconds. */
export const PING_PATIENCE = 1_000;
/**
 * After how long to ask again for a link that the kernel has not opened; doubled each time. JupyterLab sends a kernel's first comm
 * messages to its main shell, where they wait for the running cell, and later ones to a subshell, which is free.
 */
export const OPEN_AGAIN = 250;
/**
 * More re-openings than this in quick succession, or without any that the kernel took, mean that opening again is no use. Those of
 * an app whose file is saved again and again while its `main` runs are slower, though no packet comes in between.
 */
export const MAX_REOPENINGS = 3;
/** How long a re-opening counts. Milliseconds. */
export const REOPENING_SPAN = 2_000;

export interface Clock {
  /** Milliseconds since some moment. */
  readonly now: number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface LinkEvents {
  /** The kernel knows the link. Called again after each re-opening. */
  opened(message: Extract<ToLink, { op: "opened" }>): void;
  /** A packet for the Flutter client, in order. */
  packet(packet: Uint8Array, base: boolean): void;
  /** Whether the kernel is silent although it was asked. */
  waiting(waiting: boolean): void;
  /** The link cannot be used any more; one sentence says why. */
  failed(message: string): void;
  /** The link cannot be used any more: the kernel does not know the app. */
  forgotten(): void;
}

export interface LinkCounters {
  packetsIn: number;
  bytesIn: number;
  packetsOut: number;
  bytesOut: number;
  resyncs: number;
  reopenings: number;
}

/** A random link id: 22 characters of `[A-Za-z0-9_-]`, 128 bits. */
export function randomLinkId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

type Timer = "open" | "ack" | "quiet" | "idle" | "patience";

export class Link {
  readonly counters: LinkCounters = {
    packetsIn: 0,
    bytesIn: 0,
    packetsOut: 0,
    bytesOut: 0,
    resyncs: 0,
    reopenings: 0,
  };
  #id: string;
  #page: PageInfo | null = null;
  #isOpen = false;
  #isClosed = false;
  #isWaiting = false;
  #sent = 0;
  #received = 0;
  #acknowledged = 0;
  #resyncing = false;
  #register: Uint8Array<ArrayBuffer> | null = null;
  #uploads: UploadGrant | null = null;
  /** When the link was opened again lately. */
  #reopenings: number[] = [];
  /** How often in a row that was in vain. */
  #vain = 0;
  readonly #timers = new Map<Timer, unknown>();

  constructor(
    private readonly send: Send,
    private readonly events: LinkEvents,
    private readonly clock: Clock,
    private readonly visitor: Visitor,
    private readonly newId: () => string = randomLinkId,
  ) {
    this.#id = newId();
  }

  /** The id under which the kernel knows this link now. */
  get id(): string {
    return this.#id;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Announce the view to the kernel. */
  open(page: PageInfo): void {
    if (this.#isClosed) return;
    this.#page = page;
    this.#askToOpen(page, OPEN_AGAIN);
    this.#expectAnswer();
  }

  #askToOpen(page: PageInfo, again: number): void {
    this.send({ op: "open", link: this.#id, protocol: PROTOCOL_VERSION, page, ...this.visitor });
    this.#start("open", again, () => this.#askToOpen(page, Math.min(again * 2, IDLE_PING)));
  }

  /** Tell the kernel where uploads from here go. */
  tellUploads(grant: UploadGrant): void {
    this.#uploads = grant;
    if (this.#isOpen) this.send({ op: "uploads", link: this.#id, ...grant });
  }

  /** Send a packet of the Flutter client. The link keeps no reference to it, except to a register packet. */
  sendPacket(packet: Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return;
    if (isRegister(packet)) this.#register = packet;
    this.#sent += 1;
    this.counters.packetsOut += 1;
    this.counters.bytesOut += packet.byteLength;
    this.#noteAcknowledged();
    this.send({ op: "packet", link: this.#id, n: this.#sent, ack: this.#received }, packet);
    this.#expectAnswer();
  }

  /** Take a message that names this link; `packet` is its first buffer. */
  receive(message: ToLink, packet?: Uint8Array): void {
    if (this.#isClosed || message.link !== this.#id) return;
    this.#heard();
    switch (message.op) {
      case "opened":
        this.#stop("open");
        if (this.#isOpen) return;
        this.#isOpen = true;
        this.#vain = 0;
        if (this.#uploads) this.tellUploads(this.#uploads);
        this.events.opened(message);
        break;
      case "packet":
        if (packet) this.#receivePacket(message.n, message.base === true, packet);
        break;
      case "probe":
        if (message.n > this.#received) this.#resync();
        else this.#acknowledge();
        break;
      case "pong":
        break;
      case "unknown":
        this.#reopen();
        break;
      case "refused":
        this.#end();
        this.events.failed(message.message);
        break;
    }
  }

  /** Ask for a sign of life now, for instance because the connection came back. */
  ping(): void {
    if (this.#isClosed) return;
    if (!this.#isOpen && this.#page) {
      // An `open` may have been lost with the connection. The kernel takes a second one with the same id as the first.
      this.open(this.#page);
      return;
    }
    this.#noteAcknowledged();
    this.send({ op: "ping", link: this.#id, ack: this.#received });
    this.#start("patience", PING_PATIENCE, () => this.#setWaiting(true));
    this.#start("idle", IDLE_PING, () => this.ping());
  }

  /** The view is gone for good. */
  close(): void {
    if (this.#isClosed) return;
    this.#end();
    this.send({ op: "close", link: this.#id });
  }

  #receivePacket(n: number, base: boolean, packet: Uint8Array): void {
    if (base) {
      this.#resyncing = false;
      this.#reopenings = [];
    } else if (n <= this.#received) {
      // Already delivered: acknowledge again, the kernel seems not to know.
      this.#acknowledge();
      return;
    } else if (n !== this.#received + 1) {
      if (!this.#resyncing) this.#resync();
      return;
    } else if (this.#resyncing) {
      // Packets between the gap and the whole page would be applied to a page that misses something.
      return;
    }
    this.#received = n;
    this.counters.packetsIn += 1;
    this.counters.bytesIn += packet.byteLength;
    this.events.packet(packet, base);
    if (this.#received - this.#acknowledged >= 2 || base) this.#acknowledge();
    else if (!this.#timers.has("ack")) this.#start("ack", ACK_DELAY, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#noteAcknowledged();
    this.send({ op: "ack", link: this.#id, ack: this.#received });
  }

  #noteAcknowledged(): void {
    this.#stop("ack");
    this.#acknowledged = this.#received;
  }

  #resync(): void {
    this.#resyncing = true;
    this.counters.resyncs += 1;
    this.send({ op: "resync", link: this.#id });
    this.#expectAnswer();
  }

  /**
   * Open again under a new id, and register the embedded app again: the kernel answers a register packet with
   * the whole page, which Flet's client takes as an update of the page that it shows.
   */
  #reopen(): void {
    const { now } = this.clock;
    this.#reopenings = [...this.#reopenings.filter((time) => now - time < REOPENING_SPAN), now];
    this.#vain += 1;
    this.counters.reopenings += 1;
    if (Math.max(this.#reopenings.length, this.#vain) > MAX_REOPENINGS || !this.#page) {
      this.#end();
      this.events.forgotten();
      return;
    }
    this.#id = this.newId();
    this.#isOpen = false;
    this.#sent = 0;
    this.#received = 0;
    this.#acknowledged = 0;
    this.#resyncing = false;
    this.#stop("ack");
    this.open(this.#page);
    if (this.#register) this.sendPacket(this.#register);
  }

  #expectAnswer(): void {
    if (this.#isWaiting || this.#timers.has("patience") || this.#timers.has("quiet")) return;
    this.#start("quiet", QUIET_PING, () => {
      // Before the kernel has answered `open` there is nothing to ping; the silence itself is worth telling.
      if (this.#isOpen) this.ping();
      else this.#setWaiting(true);
    });
  }

  #heard(): void {
    this.#stop("patience");
    this.#stop("quiet");
    this.#start("idle", IDLE_PING, () => this.ping());
    this.#setWaiting(false);
  }

  #setWaiting(waiting: boolean): void {
    if (this.#isWaiting === waiting) return;
    this.#isWaiting = waiting;
    this.events.waiting(waiting);
  }

  #end(): void {
    this.#isClosed = true;
    this.#isOpen = false;
    for (const name of [...this.#timers.keys()]) this.#stop(name);
  }

  #start(name: Timer, milliseconds: number, callback: () => void): void {
    this.#stop(name);
    const timer = this.clock.setTimeout(() => {
      this.#timers.delete(name);
      callback();
    }, milliseconds);
    this.#timers.set(name, timer);
  }

  #stop(name: Timer): void {
    if (!this.#timers.has(name)) return;
    this.clock.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
