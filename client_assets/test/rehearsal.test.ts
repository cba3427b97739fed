import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "@msgpack/msgpack";

import { EVENT, pack, REGISTER } from "../src/packets.ts";
import type { ControlMap } from "../src/protocol.ts";
import { rehearsal } from "../src/rehearsal.ts";

const SHELL = {
  page: { _c: "Page", _i: 1, multi_view: true, window: { _c: "Window", _i: 12 }, views: [{ _c: "View", _i: 3, route: "/" }] },
  view: { _c: "BasePage", _i: 20 },
};

test("the app gets a page with controls when it has registered, and is done when that was drawn", async () => {
  const frames: (() => void)[] = [];
  Object.assign(globalThis, { requestAnimationFrame: (draw: () => void) => frames.push(draw) });
  const packets: Uint8Array[] = [];
  let isDone = false;
  const channel = rehearsal(SHELL, () => {
    isDone = true;
  });
  channel.connected((packet) => packets.push(packet));
  channel.sent(pack(EVENT, {}));
  assert.equal(packets.length, 0);
  channel.sent(pack(REGISTER, {}));
  const [packet] = packets;
  assert.ok(packet);
  const [action, { error, page_patch: page }] = decode(packet.subarray(1)) as [number, { error: string; page_patch: ControlMap }];
  assert.equal(action, REGISTER);
  assert.equal(error, "");
  assert.ok(!("multi_view" in page));
  const [view] = page["views"] as { controls: ControlMap[] }[];
  const ids = (view?.controls ?? []).map((control) => control["_i"] as number);
  assert.ok(ids.length > 3 && Math.min(...ids) > 12 && new Set(ids).size === ids.length);
  for (let count = 0; count < 3; count += 1) {
    await Promise.resolve();
    assert.equal(isDone, false);
    frames.shift()?.();
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDone, true);
  assert.deepEqual(SHELL.page.views, [{ _c: "View", _i: 3, route: "/" }]);
});
