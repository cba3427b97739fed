import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { lastShown, noteShown } from "../src/last-shown.ts";

const SHOWN = { version: "1.0.5", shell: { page: { _i: 1 }, view: { _i: 2 } }, size: { width: 800, height: 600 } };
const DAY = 24 * 60 * 60 * 1000;

const holder = globalThis as { localStorage?: unknown };
let kept: Map<string, string>;

beforeEach(() => {
  kept = new Map();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) };
  Object.defineProperty(holder, "localStorage", { configurable: true, value: storage });
  mock.timers.enable({ apis: ["Date"] });
});

afterEach(() => {
  mock.timers.reset();
  delete holder.localStorage;
});

test("what was shown is known to the pages of the same server", () => {
  assert.equal(lastShown("/"), null);
  noteShown("/", SHOWN);
  assert.deepEqual(lastShown("/"), SHOWN);
  assert.equal(lastShown("/user/another/"), null);
});

test("what was shown long ago is forgotten", () => {
  noteShown("/", SHOWN);
  mock.timers.setTime(13 * DAY);
  assert.deepEqual(lastShown("/"), SHOWN);
  mock.timers.setTime(15 * DAY);
  assert.equal(lastShown("/"), null);
});

for (const text of ["{", "7", "{}", "null", '{"time": 0}', JSON.stringify({ ...SHOWN, size: { width: 1e9, height: 1 }, time: 0 })]) {
  test(`what is not as it was written is nothing: ${text}`, () => {
    noteShown("/", SHOWN);
    for (const key of kept.keys()) kept.set(key, text);
    assert.equal(lastShown("/"), null);
  });
}

test("a page that may store nothing has shown nothing", () => {
  Object.defineProperty(holder, "localStorage", {
    configurable: true,
    get: () => {
      throw new Error("SecurityError");
    },
  });
  noteShown("/", SHOWN);
  assert.equal(lastShown("/"), null);
});
