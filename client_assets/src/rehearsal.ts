/**
 * An app that nobody sees: what the first app of a page would wait for is there when it has been drawn.
 *
 * Fonts are loaded then, letters are drawn and the programs that draw shapes are compiled: half a second for a browser that draws
 * in software.
 */

import type { AppChannel } from "./flutter.ts";
import { isRegister, pack, REGISTER } from "./packets.ts";
import { framesPainted } from "./painted.ts";
import type { ControlMap, Shell } from "./protocol.ts";
import { highestId } from "./shell.ts";

/** Most of what apps begin with: letters, small and large, a filled shape with round corners, an outlined one. */
const CONTROLS: readonly ControlMap[] = [
  { _c: "Text", value: "Flet 0123456789" },
  { _c: "Text", value: "0123456789", size: 40 },
  { _c: "Button", content: "Add" },
  { _c: "FilledButton", content: "Add" },
  { _c: "TextField", label: "Name" },
];

/** How long an app may take. Milliseconds. */
const PATIENCE = 5_000;

/** The kernel's part in it; `done` is called when there is nothing left to wait for. */
export function rehearsal(shell: Shell, done: () => void): AppChannel {
  let deliver: (packet: Uint8Array) => void = () => {};
  const timer = setTimeout(done, PATIENCE);
  return {
    connected: (receive) => {
      deliver = receive;
    },
    sent: (packet) => {
      if (!isRegister(packet)) return;
      deliver(pack(REGISTER, { session_id: "rehearsal", page_patch: page(shell), error: "" }));
      clearTimeout(timer);
      void framesPainted().then(done);
    },
    disconnected: () => {},
  };
}

/** The host's empty page, as that of an app of its own. */
function page({ page: { multi_view: _, ...rest } }: Shell): ControlMap {
  const copy = structuredClone(rest);
  let id = highestId(copy);
  const [view] = copy["views"] as ControlMap[];
  if (view) view["controls"] = CONTROLS.map((control) => ({ ...control, _i: ++id }));
  return copy;
}
