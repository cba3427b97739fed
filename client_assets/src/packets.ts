/** Flet's packets: a type byte, 0 for a message, then a msgpack array of an action and a body. */

import { decode, encode } from "@msgpack/msgpack";

export const REGISTER = 1;
export const PATCH = 2;
export const EVENT = 3;

/** Build the packet of a message. */
export function pack(action: number, body: unknown): Uint8Array<ArrayBuffer> {
  const message = encode([action, body]);
  const packet = new Uint8Array(message.byteLength + 1);
  packet.set(message, 1);
  return packet;
}

/** Read the packet of a message: its action and its body. */
export function unpack<Body>(packet: Uint8Array): [number, Body] {
  return decode(packet.subarray(1)) as [number, Body];
}

/** Whether a packet is Flet's register request: type 0, then a msgpack array of two that begins with action 1. */
export function isRegister(packet: Uint8Array): boolean {
  return packet[0] === 0 && packet[1] === 0x92 && packet[2] === 1;
}
