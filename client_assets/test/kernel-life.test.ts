import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { KernelLife } from "../src/kernel-life.ts";
import type { KernelMessage } from "../src/kernel-life.ts";

const KERNEL = { id: "kernel", clientId: "me" };

let life: KernelLife;

beforeEach(() => {
  life = new KernelLife();
});

function status(session: string, state = "busy", parent = "somebody"): KernelMessage {
  return { header: { msg_type: "status", session }, parent_header: { session: parent }, content: { execution_state: state } };
}

const hears = (...messages: KernelMessage[]): boolean[] => messages.map((message) => life.hear(KERNEL, message));

test("a message of another life of the kernel tells, once, that somebody else has restarted it", () => {
  assert.deepEqual(hears(status("first"), status("first"), status("second", "starting"), status("second")), [
    false,
    false,
    true,
    false,
  ]);
  assert.deepEqual(hears(status("third")), [true]);
});

for (const told of ["restarting", "autorestarting", "dead"]) {
  test(`a restart is no news after the connection has said "${told}"`, () => {
    hears(status("first"));
    life.tell(told);
    // A kernel that is asked to end has last words.
    assert.deepEqual(hears(status("first", "idle"), status("second")), [false, false]);
    assert.deepEqual(hears(status("third")), [true], "the next one is");
  });
}

test("what the server says in the kernel's place is not of another life", () => {
  assert.deepEqual(hears(status("first"), status("me", "restarting"), status("server", "dead"), status("first")), [
    false,
    false,
    false,
    false,
  ]);
  const output: KernelMessage = { header: { msg_type: "stream", session: "server" }, content: { text: "too much" } };
  assert.deepEqual(hears(output, status("first")), [false, false]);
});

test("a kernel that speaks in the name of whoever has asked does not seem to be restarted", () => {
  assert.deepEqual(hears(status("one", "busy", "one"), status("two", "busy", "two"), status("")), [false, false, false]);
});

test("another kernel is no restart", () => {
  hears(status("first"));
  assert.equal(life.hear({ id: "another", clientId: "me" }, status("second")), false);
  assert.equal(life.hear({ id: "another", clientId: "me" }, status("third")), true);
});
