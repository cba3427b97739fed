import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { decode, encode } from "@msgpack/msgpack";

import type { ControlMap, Shell } from "../src/protocol.ts";
import { HostSession, likeness } from "../src/shell.ts";

const SHELL: Shell = {
  page: { _c: "Page", _i: 1, window: { _c: "Window", _i: 2 }, _overlay: { _c: "Overlay", _i: 11 } },
  view: {
    _c: "BasePage",
    _i: 20,
    view_id: 0,
    initial_data: {},
    views: [
      {
        _c: "View",
        _i: 21,
        route: "/",
        _internals: { host_expanded: true },
        controls: [{ _c: "FletApp", _i: 22, url: "cell:", expand: true }],
      },
    ],
  },
};

type Message = [number, ControlMap];

let host: HostSession;
let received: Message[];

beforeEach(() => {
  host = new HostSession(SHELL);
  received = [];
  host.connect((packet) => {
    assert.equal(packet[0], 0);
    received.push(decode(packet.subarray(1)) as Message);
  });
});

function send(action: number, body: ControlMap): void {
  const message = encode([action, body]);
  host.receive(new Uint8Array([0, ...message]));
}

function register(): void {
  send(1, { session_id: null, page: {} });
}

const event = (name: string, data: unknown): void => send(3, { target: 1, name, data });

/** What Flet's client holds after all messages: applies register responses and patches as it does. */
function entries(): ControlMap[] {
  let views: ControlMap[] = [];
  for (const [action, body] of received) {
    if (action === 1) views = structuredClone((body["page_patch"] as ControlMap)["multi_views"] as ControlMap[]);
    else {
      const [tree, [operation, , index, value]] = body["patch"] as [[number, ControlMap], [number, number, number, ControlMap]];
      const property = Object.keys(tree[1])[0] ?? "";
      const list = body["id"] === 1 ? views : (controlOf(views, body["id"] as number)[property] as ControlMap[]);
      if (operation === 0) list[index] = value;
      else if (operation === 1) list.splice(index, 0, value);
      else list.splice(index, 1);
    }
  }
  return views;
}

function controlOf(value: unknown, id: number): ControlMap {
  const found = ids(value).find((control) => control["_i"] === id);
  assert.ok(found, `no control ${id}`);
  return found;
}

function ids(value: unknown): ControlMap[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "_i" in value ? [value as ControlMap] : [];
  return [...own, ...Object.values(value).flatMap(ids)];
}

const urls = (): unknown[] => ids(entries()).filter((control) => control["_c"] === "FletApp").map((app) => app["url"]);

test("a view that was there before the host registered comes with the answer", () => {
  host.show(1, SHELL.view, "cell:one");
  register();
  event("multi_view_add", { view_id: 1, initial_data: {} });
  assert.equal(received.length, 1);
  assert.equal(received[0]?.[0], 1);
  assert.equal(entries()[0]?.["view_id"], 1);
  assert.deepEqual(urls(), ["cell:one"]);
});

test("a view that is reported before it is prepared is added by a patch", () => {
  register();
  event("multi_view_add", { view_id: 5, initial_data: {} });
  assert.equal(received.length, 1);
  host.show(5, SHELL.view, "cell:five");
  assert.deepEqual(received[1]?.[1]["patch"], [[0, { multi_views: [1] }], [1, 1, 0, entries()[0]]]);
});

test("no two controls have the same number, and the template stays as it was", () => {
  const before = structuredClone(SHELL);
  register();
  for (const viewId of [1, 2, 3]) {
    host.show(viewId, SHELL.view, `cell:${viewId}`);
    event("multi_view_add", { view_id: viewId, initial_data: {} });
  }
  host.show(2, SHELL.view, "cell:2:2");
  const numbers = [...ids(entries()), ...ids(SHELL.page)].map((control) => control["_i"]);
  assert.equal(new Set(numbers).size, numbers.length);
  assert.deepEqual(SHELL, before);
});

test("a second app of a view gets the place of the first, another number and its own address", () => {
  host.show(1, SHELL.view, "cell:a");
  register();
  const before = ids(entries()).find((control) => control["_c"] === "FletApp");
  host.show(1, SHELL.view, "cell:a:2");
  const after = ids(entries()).find((control) => control["_c"] === "FletApp");
  assert.deepEqual(urls(), ["cell:a:2"]);
  assert.notEqual(after?.["_i"], before?.["_i"]);
  assert.equal(after?.["expand"], true);
});

test("clearing a view ends its app and keeps the view", () => {
  host.show(1, SHELL.view, "cell:a");
  register();
  host.clear(1);
  assert.equal(entries().length, 1);
  assert.deepEqual(urls(), []);
});

test("a view that was cleared shows the next app", () => {
  host.show(1, SHELL.view, "cell:a");
  register();
  host.clear(1);
  host.clear(1);
  host.show(1, SHELL.view, "cell:b");
  assert.deepEqual(urls(), ["cell:b"]);
  assert.equal(entries().length, 1);
});

test("what happens to a view before Flet's client has noticed it counts when it does", () => {
  register();
  host.show(1, SHELL.view, "cell:a");
  host.clear(1);
  host.show(2, SHELL.view, "cell:b");
  host.clear(2);
  host.show(2, SHELL.view, "cell:c");
  assert.equal(received.length, 1);
  for (const viewId of [1, 2]) event("multi_view_add", { view_id: viewId, initial_data: {} });
  assert.deepEqual(urls(), ["cell:c"]);
  assert.equal(entries().length, 2);
});

test("a shell without an embedded app is refused with a sentence", () => {
  assert.throws(() => host.show(1, { _c: "BasePage", _i: 1, views: [] }, "cell:x"), /no FletApp/);
});

test("controls are alike whatever their numbers and the order of their properties", () => {
  const control = { _c: "View", _i: 1, controls: [{ _c: "FletApp", _i: 2, url: "a" }] };
  assert.equal(likeness(control), likeness({ controls: [{ url: "a", _i: 9, _c: "FletApp" }], _i: 8, _c: "View" }));
  assert.notEqual(likeness(control), likeness({ ...control, controls: [{ _c: "FletApp", _i: 2, url: "b" }] }));
});
