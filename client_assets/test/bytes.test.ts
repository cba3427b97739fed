import assert from "node:assert/strict";
import { test } from "node:test";

import { encode } from "@msgpack/msgpack";

import { contains } from "../src/bytes.ts";
import { RIVE_CONTROL } from "../src/cdn-hold.ts";
import { extent } from "../src/surface-sizes.ts";

test("a Rive control is found in a packed patch, and its name in a text is not", () => {
  const patch = (control: unknown): Uint8Array => encode([2, { id: 5, patch: [[0], [1, 0, 0, control]] }]);
  assert.equal(contains(patch({ _c: "Rive", _i: 7, src: "a.riv" }), RIVE_CONTROL), true);
  assert.equal(contains(patch({ _c: "Text", _i: 7, value: "Rive" }), RIVE_CONTROL), false);
});

test("a part is found at the start, at the end, and after a false start", () => {
  const bytes = new Uint8Array([1, 1, 2, 3]);
  assert.equal(contains(bytes, [1, 1]), true);
  assert.equal(contains(bytes, [1, 2, 3]), true);
  assert.equal(contains(bytes, [2, 3, 4]), false);
  assert.equal(contains(new Uint8Array(), [1]), false);
});

test("a picture is cut to what it covers, within the canvas", () => {
  const canvas = { width: 800, height: 600 };
  assert.deepEqual(extent({ cullRect: () => [0, 0, 700, 250.5] }, canvas), { width: 700, height: 251 });
  assert.deepEqual(extent({ cullRect: () => [0, 0, 1e9, Infinity] }, canvas), canvas);
  assert.deepEqual(extent({ cullRect: () => [0, 0, 0, 0] }, canvas), { width: 1, height: 1 });
  assert.deepEqual(extent({}, canvas), canvas);
});
