/**
 * Spares views that have not changed from being painted again.
 *
 * For each frame Flutter composes, paints and copies every view of the page, even if only one of them has changed. Painting and
 * copying is by far the dearest part: with a dozen views on a machine without a GPU it takes 6 tenths of the time of an
 * animation in one of them. Composing is cheap: Flutter records one picture that places the pictures of the view's layers, and those
 * it keeps as long as they stay the same. So a frame is known by how it was composed; if a view shows that frame already, its
 * painting is left out. A frame composed in another way (with an effect that needs paint, say) is always painted.
 *
 * Flutter's `OffscreenCanvasRasterizer` (engine revision 0cd6107) awaits the copy of a view's frame and hands it to the view's canvas
 * before it begins the view's next frame. That is what makes it safe to look at what is shown now.
 */

import type { Size } from "./surface-sizes.ts";

type Method = (this: object, ...args: unknown[]) => unknown;

/** The parts of CanvasKit that Flutter composes frames with; see its `canvaskit.js`. */
interface CanvasKit {
  Canvas: { prototype: Record<string, unknown> };
  PictureRecorder: { prototype: { beginRecording: Method; finishRecordingAsPicture: Method } };
}

/** Calls that place pictures. Whatever else is called on a canvas draws something of its own. */
const PLACING = new Set(["save", "restore", "translate", "scale", "rotate", "concat", "clipRect", "clipRRect", "drawPicture"]);
/** Questions, and what embind gives every object. */
const NOT_DRAWING = new Set([
  ...["getDeviceClipBounds", "getLocalToDevice", "getSaveCount", "getTotalMatrix", "quickReject"],
  ...["constructor", "delete", "deleteLater", "isDeleted", "isAliasOf", "clone"],
]);

/** Stands for a copy that need not be made: the view shows it already. Flutter reads its size, as that of any other. */
class StillFrame {
  constructor(
    readonly width: number,
    readonly height: number,
    readonly frame: string,
  ) {}
}

export class StillFrames {
  /** What is called on a canvas that is being recorded; null once that cannot be compared. */
  readonly #calls = new WeakMap<object, string[] | null>();
  readonly #canvases = new WeakMap<object, object>();
  /** How pictures were composed. */
  readonly #compositions = new WeakMap<object, string>();
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;
  readonly #copies = new WeakMap<ImageBitmap, string>();
  readonly #shown = new WeakMap<ImageBitmapRenderingContext, string>();
  /** The contexts that show a frame. */
  readonly #showing = new Map<string, ImageBitmapRenderingContext>();
  #isTrusted = true;

  /** Change this page's CanvasKit and how its canvases take pictures, before Flutter uses them. */
  constructor(kit: unknown) {
    this.#watchRecorders((kit as CanvasKit).PictureRecorder.prototype);
    this.#watchCanvases((kit as CanvasKit).Canvas.prototype);
    this.#watchContexts(ImageBitmapRenderingContext.prototype);
  }

  /** What to give Flutter instead of a new copy of this picture; null if it has to be copied. */
  instead(picture: object | null, { width, height }: Size): ImageBitmap | null {
    const frame = this.#frame(picture, width, height);
    if (frame === null || !this.#isTrusted || !this.#showing.has(frame)) return null;
    return new StillFrame(width, height, frame) as unknown as ImageBitmap;
  }

  /** Note of which picture `copy` is one. */
  copied(copy: ImageBitmap, picture: object | null): void {
    const frame = this.#frame(picture, copy.width, copy.height);
    if (frame !== null) this.#copies.set(copy, frame);
  }

  #frame(picture: object | null, width: number, height: number): string | null {
    const composition = picture && this.#compositions.get(picture);
    return composition ? `${width}x${height} ${composition}` : null;
  }

  #watchRecorders(prototype: CanvasKit["PictureRecorder"]["prototype"]): void {
    const calls = this.#calls;
    const canvases = this.#canvases;
    const compositions = this.#compositions;
    const { beginRecording, finishRecordingAsPicture } = prototype;
    prototype.beginRecording = function (...args) {
      const canvas = beginRecording.apply(this, args) as object;
      calls.set(canvas, []);
      canvases.set(this, canvas);
      return canvas;
    };
    prototype.finishRecordingAsPicture = function (...args) {
      const picture = finishRecordingAsPicture.apply(this, args) as object;
      const canvas = canvases.get(this);
      const made = canvas && calls.get(canvas);
      // Without a picture in it a composition says nothing: any two empty views would be the same.
      if (made?.some((call) => call.startsWith("drawPicture"))) compositions.set(picture, made.join(";"));
      if (canvas) calls.delete(canvas);
      return picture;
    };
  }

  #watchCanvases(prototype: Record<string, unknown>): void {
    const calls = this.#calls;
    for (const name of Object.keys(Object.getOwnPropertyDescriptors(prototype))) {
      const method = prototype[name];
      // What begins with an underscore is called by a method of the same name without it.
      if (typeof method !== "function" || name.startsWith("_") || NOT_DRAWING.has(name)) continue;
      const original = method as Method;
      if (PLACING.has(name)) {
        const describe = (args: unknown[]): string | null => this.#describe(args);
        prototype[name] = function (this: object, ...args: unknown[]): unknown {
          const made = calls.get(this);
          if (made) {
            const described = describe(args);
            if (described === null) calls.set(this, null);
            else made.push(name + described);
          }
          return original.apply(this, args);
        };
      } else {
        prototype[name] = function (this: object, ...args: unknown[]): unknown {
          if (calls.has(this)) calls.set(this, null);
          return original.apply(this, args);
        };
      }
    }
  }

  /** Write arguments down; null if one of them may change. */
  #describe(args: unknown[]): string | null {
    let text = "";
    for (const argument of args) {
      if (typeof argument !== "object" || argument === null) text += `,${String(argument)}`;
      else if (ArrayBuffer.isView(argument) || Array.isArray(argument)) text += `,[${String(argument)}]`;
      else if (isPicture(argument)) text += `,#${this.#number(argument)}`;
      else if (isEnum(argument)) text += `,${argument.value}`;
      else return null;
    }
    return text;
  }

  #number(picture: object): number {
    let number = this.#numbers.get(picture);
    if (number === undefined) this.#numbers.set(picture, (number = ++this.#lastNumber));
    return number;
  }

  #watchContexts(prototype: ImageBitmapRenderingContext): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its context
    const transfer = prototype.transferFromImageBitmap;
    const take = this.#take.bind(this);
    prototype.transferFromImageBitmap = function (bitmap: ImageBitmap | null): void {
      const show = (picture: ImageBitmap | null): void => transfer.call(this, picture);
      take(this, bitmap, show);
    };
  }

  #take(
    context: ImageBitmapRenderingContext,
    picture: ImageBitmap | StillFrame | null,
    show: (picture: ImageBitmap | null) => void,
  ): void {
    if (!(picture instanceof StillFrame)) {
      const frame = picture && this.#copies.get(picture);
      show(picture);
      this.#note(context, frame ?? null);
      return;
    }
    if (this.#shown.get(context) === picture.frame) return;
    // Flutter has given the frame to another canvas than last time. Copy it from there, and paint everything from now on.
    this.#isTrusted = false;
    const other = this.#showing.get(picture.frame);
    this.#note(context, null);
    if (!other) return;
    void createImageBitmap(other.canvas).then((copy) => {
      if (!this.#shown.has(context)) show(copy);
    });
  }

  #note(context: ImageBitmapRenderingContext, frame: string | null): void {
    const before = this.#shown.get(context);
    if (before !== undefined && this.#showing.get(before) === context) this.#showing.delete(before);
    if (frame === null) {
      this.#shown.delete(context);
    } else {
      this.#shown.set(context, frame);
      this.#showing.set(frame, context);
    }
  }
}

function isEnum(thing: object): thing is { value: number } {
  return typeof (thing as { value?: unknown }).value === "number";
}

function isPicture(thing: object): boolean {
  return "cullRect" in thing;
}
