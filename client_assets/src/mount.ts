/**
 * The embedded Flet app of one view, as packets see it: which of its incarnations is running, and what it waits for.
 *
 * The first whole page goes to the app as soon as it has registered. A later one does not: Flet's client would keep on watching the control
 * objects that it already shows where they equal the new ones, and would never again notice a change of them
 * (`ControlInheritedNotifier` compares by value; most controls take method calls only on the object they began with). So the
 * app is mounted anew, and its own register request is answered here, with that page.
 */

import { isRegister } from "./packets.ts";

export interface MountActions {
  /** Send a packet of the app to the kernel. */
  send(packet: Uint8Array<ArrayBuffer>): void;
  /** End the running app and mount another in its place. */
  remount(): void;
  /** The app was given its page: it will draw that in its next frame. */
  shown(): void;
}

export class Mount {
  #deliver: ((packet: Uint8Array) => void) | null = null;
  /** Packets for the app that it cannot take yet. */
  #queue: Uint8Array[] = [];
  #hasPage = false;
  #hasRegistered = false;
  /** Whether the kernel has got a register request, without which it takes no events. */
  #isKnown = false;
  /** The whole page that answers the register request of the app that is being mounted anew. */
  #page: Uint8Array | null = null;

  constructor(private readonly actions: MountActions) {}

  /** An app connected, for the first time or after a remount. */
  connected(deliver: (packet: Uint8Array) => void): void {
    this.#deliver = deliver;
    this.#hasRegistered = false;
  }

  disconnected(): void {
    this.#deliver = null;
  }

  /** Take a packet that the app sends. */
  sent(packet: Uint8Array<ArrayBuffer>): void {
    if (!isRegister(packet)) {
      this.actions.send(packet);
      return;
    }
    this.#hasRegistered = true;
    // The kernel would answer a second request with another whole page.
    if (!this.#page) {
      this.#isKnown = true;
      this.actions.send(packet);
    } else {
      this.#queue.unshift(this.#page);
      this.#page = null;
    }
    this.#flush();
  }

  /** Take a packet for the app; `base` says that it is a whole page. */
  receive(packet: Uint8Array, base: boolean): void {
    if (base && this.#hasPage && !this.#isKnown) {
      // No app has seen the former page.
      this.#queue = [packet];
      return;
    }
    if (base && this.#hasPage) {
      const isMounting = this.#page !== null;
      this.#page = packet;
      this.#queue = [];
      if (!isMounting) {
        this.#deliver = null;
        this.actions.remount();
      }
      return;
    }
    if (base) this.#hasPage = true;
    this.#queue.push(packet);
    if (!this.#page) this.#flush();
  }

  #flush(): void {
    if (!this.#deliver || !this.#hasRegistered || this.#queue.length === 0) return;
    for (const packet of this.#queue.splice(0)) this.#deliver(packet);
    if (this.#hasPage) this.actions.shown();
  }
}
