import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { StillFrames } from "../src/still-frames.ts";

/** As much of CanvasKit as composes frames. */
class Picture {
  cullRect(): number[] {
    return [0, 0, 10, 10];
  }
}

let Canvas: new () => Record<string, (...args: unknown[]) => void>;
let Recorder: new () => { beginRecording(): InstanceType<typeof Canvas>; finishRecordingAsPicture(): Picture };
let Context: new (canvas: string) => { shown: unknown; transferFromImageBitmap(picture: unknown): void };
let frames: StillFrames;

const SIZE = { width: 10, height: 10 };

beforeEach(() => {
  class FakeCanvas {
    save(): void {}
    restore(): void {}
    translate(): void {}
    clipRect(): void {}
    drawPicture(): void {}
    drawRect(): void {}
    quickReject(): void {}
  }
  class FakeRecorder {
    beginRecording(): FakeCanvas {
      return new FakeCanvas();
    }
    finishRecordingAsPicture(): Picture {
      return new Picture();
    }
  }
  class FakeContext {
    shown: unknown = "nothing";
    constructor(readonly canvas: string) {}
    transferFromImageBitmap(picture: unknown): void {
      this.shown = picture;
    }
  }
  Canvas = FakeCanvas as unknown as typeof Canvas;
  Recorder = FakeRecorder as unknown as typeof Recorder;
  Context = FakeContext as unknown as typeof Context;
  Object.assign(globalThis, {
    ImageBitmapRenderingContext: FakeContext,
    createImageBitmap: (canvas: string) => Promise.resolve(`copy of ${canvas}`),
  });
  frames = new StillFrames({ Canvas, PictureRecorder: Recorder });
});

type Step = [string, ...unknown[]];

function compose(...steps: Step[]): Picture {
  const recorder = new Recorder();
  const canvas = recorder.beginRecording();
  for (const [name, ...args] of steps) canvas[name]?.(...args);
  return recorder.finishRecordingAsPicture();
}

/** Show a composed picture as Flutter does; tell whether it was copied. */
function show(context: InstanceType<typeof Context>, picture: Picture): boolean {
  const still = frames.instead(picture, SIZE);
  if (still) {
    context.transferFromImageBitmap(still);
    return false;
  }
  const copy = { ...SIZE, of: picture } as unknown as ImageBitmap;
  frames.copied(copy, picture);
  context.transferFromImageBitmap(copy);
  return true;
}

const leaf = new Picture();
const frame = (picture = leaf, x = 0): Step[] => [["save"], ["translate", x, 0], ["drawPicture", picture], ["restore"]];

test("a frame that is shown already is not copied again, one that was composed in another way is", () => {
  const context = new Context("a");
  assert.equal(show(context, compose(...frame())), true);
  assert.equal(show(context, compose(...frame())), false);
  assert.equal(show(context, compose(...frame(leaf, 1))), true);
  assert.equal(show(context, compose(...frame(new Picture(), 1))), true);
  assert.equal(show(context, compose(["clipRect", new Float32Array([0, 0, 5, 5]), { value: 1 }, true], ...frame())), true);
  assert.equal(show(context, compose(["clipRect", new Float32Array([0, 0, 5, 6]), { value: 1 }, true], ...frame())), true);
  assert.equal(show(context, compose(...frame())), true, "the frame before was another");
});

test("what draws, or is described by things that may change, is always copied", () => {
  const context = new Context("a");
  for (const steps of [
    [...frame(), ["drawRect", [0, 0, 1, 1]]] as Step[],
    [["save", new (class Paint {})()], ...frame()] as Step[],
    [["save"], ["restore"]] as Step[],
  ]) {
    assert.equal(show(context, compose(...steps)), true);
    assert.equal(show(context, compose(...steps)), true);
  }
});

test("questions change nothing", () => {
  const context = new Context("a");
  show(context, compose(["quickReject"], ...frame()));
  assert.equal(show(context, compose(...frame())), false);
});

test("another size is another frame", () => {
  const context = new Context("a");
  const picture = compose(...frame());
  show(context, picture);
  assert.equal(frames.instead(picture, { width: 10, height: 11 }), null);
});

test("a frame that moves to another canvas is copied there, and from then on all are painted", async () => {
  const one = new Context("one");
  const two = new Context("two");
  show(one, compose(...frame()));
  show(two, compose(...frame(new Picture())));
  assert.equal(show(two, compose(...frame())), false);
  await Promise.resolve();
  assert.equal(two.shown, "copy of one");
  assert.equal(show(one, compose(...frame())), true);
});

test("a canvas is never taken to show what it could not be given", () => {
  const one = new Context("one");
  const two = new Context("two");
  show(one, compose(...frame()));
  const still = frames.instead(compose(...frame()), SIZE);
  show(one, compose(...frame(new Picture())));
  two.transferFromImageBitmap(still);
  assert.equal(two.shown, "nothing");
  assert.equal(show(two, compose(...frame())), true);
});
