import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Mount } from "../src/mount.ts";

const REGISTER = new Uint8Array([0, 0x92, 1]);
const EVENT = new Uint8Array([0, 0x92, 3]);
const packet = (n: number): Uint8Array => new Uint8Array([n]);

let mount: Mount;
let toKernel: Uint8Array[];
let remounts: number;
let shown: number;

/** An app as the engine connects it; tells what it was given. */
function connect(): number[] {
  const given: number[] = [];
  mount.connected((bytes) => given.push(bytes[0] ?? -1));
  return given;
}

beforeEach(() => {
  toKernel = [];
  remounts = 0;
  shown = 0;
  mount = new Mount({ send: (bytes) => toKernel.push(bytes), remount: () => (remounts += 1), shown: () => (shown += 1) });
});

test("the first page and what follows go to the app that is there", () => {
  const given = connect();
  mount.sent(REGISTER);
  mount.receive(packet(1), true);
  mount.receive(packet(2), false);
  mount.sent(EVENT);
  assert.deepEqual(given, [1, 2]);
  assert.deepEqual(toKernel, [REGISTER, EVENT]);
  assert.equal(remounts, 0);
});

test("packets that come before the app has registered are kept for it", () => {
  mount.receive(packet(1), true);
  const given = connect();
  mount.receive(packet(2), false);
  assert.deepEqual(given, []);
  assert.equal(shown, 0);
  mount.sent(REGISTER);
  assert.deepEqual(given, [1, 2]);
  assert.equal(shown, 1);
  assert.deepEqual(toKernel, [REGISTER]);
});

test("a later page goes to a new app, which does not register with the kernel", () => {
  const first = connect();
  mount.sent(REGISTER);
  mount.receive(packet(1), true);
  mount.receive(packet(5), true);
  mount.receive(packet(6), false);
  assert.equal(remounts, 1);
  const second = connect();
  assert.deepEqual(second, [], "an app takes nothing before it has registered");
  mount.sent(REGISTER);
  mount.receive(packet(7), false);
  assert.deepEqual(first, [1]);
  assert.deepEqual(second, [5, 6, 7]);
  assert.deepEqual(toKernel, [REGISTER]);
});

test("a page that comes during a remount replaces the one that waits", () => {
  connect();
  mount.sent(REGISTER);
  mount.receive(packet(1), true);
  mount.receive(packet(5), true);
  mount.receive(packet(6), false);
  mount.receive(packet(9), true);
  const given = connect();
  mount.sent(REGISTER);
  assert.equal(remounts, 1);
  assert.deepEqual(given, [9]);
});

test("a page that comes before the first app has registered replaces the one that waits, and the kernel learns of the app", () => {
  mount.receive(packet(1), true);
  mount.receive(packet(2), false);
  mount.receive(packet(5), true);
  mount.receive(packet(6), false);
  const given = connect();
  mount.sent(REGISTER);
  mount.sent(EVENT);
  assert.equal(remounts, 0);
  assert.deepEqual(given, [5, 6]);
  assert.deepEqual(toKernel, [REGISTER, EVENT]);
});
