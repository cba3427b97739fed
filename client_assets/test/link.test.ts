import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ACK_DELAY, IDLE_PING, Link, MAX_REOPENINGS, PING_PATIENCE, QUIET_PING, randomLinkId, REOPENING_SPAN } from "../src/link.ts";
import { isRegister } from "../src/packets.ts";
import type { PageInfo, ToKernel, ToLink } from "../src/protocol.ts";

/** Timers that run when the test says so. */
class FakeClock {
  now = 0;
  #timers: { due: number; callback: () => void }[] = [];

  setTimeout(callback: () => void, milliseconds: number): unknown {
    const timer = { due: this.now + milliseconds, callback };
    this.#timers.push(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }

  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.now = next.due;
      this.clearTimeout(next);
      next.callback();
    }
    this.now = end;
  }
}

const PAGE = { width: 800, height: 400 } as PageInfo;
const REGISTER = new Uint8Array([0, 0x92, 1, 0x80]);
const EVENT = new Uint8Array([0, 0x92, 3, 0x80]);
const OPENED = { op: "opened", protocol: 1, shell: { page: {}, view: {} }, output: [], height: null, title: "", files: null } as const;

let clock: FakeClock;
let sent: ToKernel[];
let delivered: [number, boolean][];
let told: string[];
let link: Link;
let made: number;

function receive(message: Omit<Extract<ToLink, { op: "packet" }>, "link">): void {
  link.receive({ ...message, link: link.id }, new Uint8Array([message.n]));
}

function open(): void {
  link.open(PAGE);
  link.receive({ ...OPENED, output: [], link: link.id });
  sent.length = 0;
}

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  delivered = [];
  told = [];
  made = 0;
  link = new Link(
    (content) => sent.push(content),
    {
      opened: () => told.push("opened"),
      packet: (packet, base) => delivered.push([packet[0] ?? 0, base]),
      waiting: (waiting) => told.push(waiting ? "waiting" : "answered"),
      failed: (message) => told.push(message),
      forgotten: () => told.push("forgotten"),
    },
    clock,
    { user_agent: "a browser" },
    () => `link-${++made}`,
  );
});

const ops = (): string[] => sent.map((message) => message.op);

test("a link opens with the page and the protocol's version", () => {
  link.open(PAGE);
  assert.deepEqual(sent, [{ op: "open", link: "link-1", protocol: 1, page: PAGE, user_agent: "a browser" }]);
});

test("packets are numbered from 1 and carry the acknowledgement", () => {
  open();
  link.sendPacket(EVENT);
  receive({ op: "packet", n: 1, base: true });
  link.sendPacket(EVENT);
  assert.deepEqual(
    sent.filter((message) => message.op === "packet"),
    [
      { op: "packet", link: "link-1", n: 1, ack: 0 },
      { op: "packet", link: "link-1", n: 2, ack: 1 },
    ],
  );
});

test("a lone packet is acknowledged after a delay, the second at once", () => {
  open();
  receive({ op: "packet", n: 1, base: true });
  sent.length = 0;
  receive({ op: "packet", n: 2 });
  assert.deepEqual(ops(), []);
  clock.advance(ACK_DELAY);
  assert.deepEqual(sent, [{ op: "ack", link: "link-1", ack: 2 }]);
  receive({ op: "packet", n: 3 });
  receive({ op: "packet", n: 4 });
  assert.deepEqual(sent.slice(1), [{ op: "ack", link: "link-1", ack: 4 }]);
});

test("a packet that leaves makes the waiting acknowledgement superfluous", () => {
  open();
  receive({ op: "packet", n: 1, base: true });
  receive({ op: "packet", n: 2 });
  sent.length = 0;
  link.sendPacket(EVENT);
  clock.advance(ACK_DELAY);
  assert.deepEqual(ops(), ["packet"]);
});

test("a gap drops packets and asks once, until a whole page comes", () => {
  open();
  receive({ op: "packet", n: 1, base: true });
  sent.length = 0;
  receive({ op: "packet", n: 3 });
  receive({ op: "packet", n: 4 });
  assert.deepEqual(ops(), ["resync"]);
  receive({ op: "packet", n: 5, base: true });
  receive({ op: "packet", n: 6 });
  receive({ op: "packet", n: 8 });
  assert.deepEqual(delivered, [[1, true], [5, true], [6, false]]);
  assert.equal(ops().filter((op) => op === "resync").length, 2);
  assert.equal(link.counters.resyncs, 2);
});

test("a packet that came twice is delivered once and acknowledged again", () => {
  open();
  receive({ op: "packet", n: 1, base: true });
  sent.length = 0;
  receive({ op: "packet", n: 1 });
  assert.deepEqual(delivered, [[1, true]]);
  assert.deepEqual(ops(), ["ack"]);
});

test("a probe is answered by what is missing", () => {
  open();
  receive({ op: "packet", n: 1, base: true });
  sent.length = 0;
  link.receive({ op: "probe", link: link.id, n: 1 });
  link.receive({ op: "probe", link: link.id, n: 2 });
  link.receive({ op: "probe", link: link.id, n: 2 });
  assert.deepEqual(ops(), ["ack", "resync", "resync"], "a lost request for a whole page is repeated");
});

test("messages of other links are ignored", () => {
  open();
  link.receive({ op: "packet", link: "other-link", n: 1, base: true }, new Uint8Array([1]));
  link.receive({ op: "unknown", link: "other-link" });
  assert.deepEqual(delivered, []);
  assert.equal(link.id, "link-1");
});

test("silence after a packet is worth a ping, then a word to the user", () => {
  open();
  link.sendPacket(EVENT);
  clock.advance(QUIET_PING);
  assert.deepEqual(ops(), ["packet", "ping"]);
  assert.deepEqual(told, ["opened"]);
  clock.advance(PING_PATIENCE);
  assert.deepEqual(told, ["opened", "waiting"]);
  link.receive({ op: "pong", link: link.id });
  assert.deepEqual(told, ["opened", "waiting", "answered"]);
});

test("packets in quick succession do not put the ping off", () => {
  open();
  for (let passed = 0; passed < QUIET_PING; passed += 100) {
    link.sendPacket(EVENT);
    clock.advance(100);
  }
  assert.equal(ops().at(-1), "ping");
});

test("an answer within the second makes no ping", () => {
  open();
  link.sendPacket(EVENT);
  receive({ op: "packet", n: 1, base: true });
  clock.advance(QUIET_PING * 3);
  assert.ok(!ops().includes("ping"));
});

test("a quiet link pings every 30 s", () => {
  open();
  for (let count = 1; count <= 3; count += 1) {
    clock.advance(IDLE_PING);
    assert.equal(ops().filter((op) => op === "ping").length, count);
    link.receive({ op: "pong", link: link.id });
  }
  assert.deepEqual(told, ["opened"]);
});

test("a kernel that does not answer the open is worth a word to the user", () => {
  link.open(PAGE);
  clock.advance(QUIET_PING);
  assert.deepEqual(told, ["waiting"]);
});

test("an unknown link opens again under another id and registers again", () => {
  open();
  link.sendPacket(REGISTER);
  receive({ op: "packet", n: 1, base: true });
  link.sendPacket(EVENT);
  sent.length = 0;
  link.receive({ op: "unknown", link: link.id });
  assert.deepEqual(
    sent.map((message) => [message.op, message.link, "n" in message ? message.n : null]),
    [["open", "link-2", null], ["packet", "link-2", 1]],
  );
  receive({ op: "packet", n: 1, base: true });
  receive({ op: "packet", n: 2 });
  assert.deepEqual(delivered, [[1, true], [1, true], [2, false]]);
});

test("a kernel that never knows the link ends it", () => {
  link.open(PAGE);
  for (let count = 0; count <= MAX_REOPENINGS; count += 1) link.receive({ op: "unknown", link: link.id });
  assert.equal(told.at(-1), "forgotten");
});

test("a refused link tells the kernel's sentence and sends nothing more", () => {
  link.open(PAGE);
  link.receive({ op: "refused", link: link.id, message: "Too many." });
  sent.length = 0;
  link.sendPacket(EVENT);
  link.close();
  clock.advance(IDLE_PING);
  assert.deepEqual(told, ["Too many."]);
  assert.deepEqual(sent, []);
});

test("a closed link says so once and is silent from then on", () => {
  open();
  link.sendPacket(EVENT);
  link.close();
  link.close();
  clock.advance(IDLE_PING);
  receive({ op: "packet", n: 1, base: true });
  assert.deepEqual(ops(), ["packet", "close"]);
  assert.deepEqual(delivered, []);
});

test("a ping before the link is open repeats the open", () => {
  link.open(PAGE);
  link.ping();
  assert.deepEqual(ops(), ["open", "open"]);
});

test("random ids follow the protocol's alphabet", () => {
  for (let count = 0; count < 100; count += 1) assert.match(randomLinkId(), /^[A-Za-z0-9_-]{22}$/);
});

test("register requests are told from other packets", () => {
  assert.equal(isRegister(REGISTER), true);
  assert.equal(isRegister(EVENT), false);
  assert.equal(isRegister(new Uint8Array([1, 0x92, 1])), false);
});

/** What a kernel does each time that an app is run anew. */
function replaced(): void {
  link.receive({ op: "unknown", link: link.id });
  link.receive({ ...OPENED, output: [], link: link.id });
}

test("an app that is replaced now and then, before it shows a page, does not count as gone", () => {
  open();
  for (let count = 0; count < MAX_REOPENINGS * 4; count += 1) {
    replaced();
    clock.advance(1_000);
    link.receive({ op: "pong", link: link.id });
  }
  assert.ok(!told.includes("forgotten"));
});

test("a kernel that opens the link and does not know it, again and again, ends it", () => {
  open();
  for (let count = 0; count <= MAX_REOPENINGS; count += 1) {
    replaced();
    clock.advance(100);
  }
  assert.equal(told.at(-1), "forgotten");
});

test("a kernel that takes its time and never knows the link ends it too", () => {
  link.open(PAGE);
  for (let count = 0; count <= MAX_REOPENINGS; count += 1) {
    clock.advance(REOPENING_SPAN);
    link.receive({ op: "unknown", link: link.id });
  }
  assert.equal(told.at(-1), "forgotten");
});
