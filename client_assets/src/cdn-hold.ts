/**
 * Holds back the one script that the Flutter client fetches from a public CDN while it starts: Rive's runtime.
 *
 * Most notebooks never show a Rive animation, and many have no way to the internet. The script is let go when the kernel
 * first sends a control of that type; Flet's client waits for it as long as need be.
 */

import { contains } from "./bytes.ts";

/** A control of type `Rive` as msgpack writes it: the key `_c`, then the four letters. */
export const RIVE_CONTROL = [0xa2, 0x5f, 0x63, 0xa4, 0x52, 0x69, 0x76, 0x65] as const;

export interface CdnHold {
  /** Look into a packet from the kernel; lets the script go if the packet needs it. */
  inspect(packet: Uint8Array): void;
  /** The client has started: do not look at new elements any longer. */
  started(): void;
}

/** Watch what the client, which starts now, appends to the page's body. */
export function holdCdnScripts(): CdnHold {
  const { body } = document;
  let held: HTMLScriptElement[] | null = [];
  body.append = (...nodes: (Node | string)[]): void => {
    const now = nodes.filter((node) => {
      const isHeld = held !== null && isCdnScript(node);
      if (isHeld) held?.push(node);
      return !isHeld;
    });
    Element.prototype.append.apply(body, now);
  };
  return {
    inspect: (packet) => {
      if (!held || !contains(packet, RIVE_CONTROL)) return;
      const scripts = held;
      held = null;
      body.append(...scripts);
    },
    started: () => {
      Reflect.deleteProperty(body, "append");
    },
  };
}

function isCdnScript(node: Node | string): node is HTMLScriptElement {
  return node instanceof HTMLScriptElement && node.src.includes("/@rive-app/") && !node.src.startsWith(location.origin);
}
