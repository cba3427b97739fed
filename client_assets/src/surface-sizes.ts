/**
 * Works around a race in Flutter's CanvasKit renderer that cuts off views of different sizes.
 *
 * In Chromium one off-screen canvas draws all views. For each frame Flutter sets that canvas to the first view's size, then to the
 * second's and so on, and only afterwards (each step awaits) draws the views: all at the size of the last. A higher view
 * loses its lower part. Seen with Flutter's engine of flet 1.0.5 (engine revision 0cd6107): `OffscreenCanvasRasterizer`.
 *
 * Here the canvas is kept at least as large as the largest view, and the picture of each view is cut to what was drawn. Where the
 * renderer has no such canvas (Firefox and Safari draw each view in a canvas of its own) nothing is changed.
 */

import { StillFrames } from "./still-frames.ts";

export interface Size {
  width: number;
  height: number;
}

interface Picture {
  cullRect?(): ArrayLike<number>;
}

/** The parts of CanvasKit that Flutter calls here; see its `canvaskit.js`. */
interface CanvasKit {
  GetWebGLContext(canvas: unknown, ...rest: unknown[]): number;
  MakeGrContext(context: number): object | null;
  MakeOnScreenGLSurface(context: object, width: number, height: number, ...rest: unknown[]): unknown;
  MakeSWCanvasSurface(canvas: unknown): unknown;
  Canvas: { prototype: { drawPicture(picture: Picture): void } };
}

/** What is known of one off-screen canvas. */
class SharedCanvas {
  #size: Size = { width: 0, height: 0 };
  #startsFrame = true;

  constructor(
    readonly canvas: OffscreenCanvas,
    private readonly largestView: () => Size,
  ) {}

  /** Flutter asked for a size: take that or a larger one. */
  request(size: Size): Size {
    const kept = this.#startsFrame ? this.largestView() : this.#size;
    this.#startsFrame = false;
    this.#size = { width: Math.max(kept.width, size.width), height: Math.max(kept.height, size.height) };
    if (this.canvas.width !== this.#size.width) this.canvas.width = this.#size.width;
    if (this.canvas.height !== this.#size.height) this.canvas.height = this.#size.height;
    return this.#size;
  }

  drawn(): void {
    this.#startsFrame = true;
  }
}

/** Change this page's CanvasKit, before Flutter uses it. `largestView` tells the device pixels that every view fits into. */
export function keepSurfacesLarge(canvasKit: unknown, largestView: () => Size): void {
  const kit = canvasKit as CanvasKit;
  const shared = new WeakMap<OffscreenCanvas, SharedCanvas>();
  const byHandle = new Map<number, SharedCanvas>();
  const byContext = new WeakMap<object, SharedCanvas>();
  let lastPicture: Picture | null = null;

  const sharedCanvas = (canvas: unknown): SharedCanvas | null => {
    if (typeof OffscreenCanvas === "undefined" || !(canvas instanceof OffscreenCanvas)) return null;
    let known = shared.get(canvas);
    if (!known) shared.set(canvas, (known = new SharedCanvas(canvas, largestView)));
    return known;
  };

  const { GetWebGLContext, MakeGrContext, MakeOnScreenGLSurface, MakeSWCanvasSurface } = kit;
  kit.GetWebGLContext = (canvas, ...rest) => {
    const handle = GetWebGLContext.call(kit, canvas, ...rest);
    const known = sharedCanvas(canvas);
    if (known) byHandle.set(handle, known);
    else byHandle.delete(handle);
    return handle;
  };
  kit.MakeGrContext = (handle) => {
    const context = MakeGrContext.call(kit, handle);
    const known = byHandle.get(handle);
    if (context && known) byContext.set(context, known);
    return context;
  };
  kit.MakeOnScreenGLSurface = (context, width, height, ...rest) => {
    const size = byContext.get(context)?.request({ width, height }) ?? { width, height };
    return MakeOnScreenGLSurface.call(kit, context, size.width, size.height, ...rest);
  };
  kit.MakeSWCanvasSurface = (canvas) => {
    const known = sharedCanvas(canvas);
    known?.request({ width: known.canvas.width, height: known.canvas.height });
    return MakeSWCanvasSurface.call(kit, canvas);
  };

  const stillFrames = new StillFrames(kit);
  const canvasPrototype = kit.Canvas.prototype;
  const { drawPicture } = canvasPrototype;
  canvasPrototype.drawPicture = function (picture) {
    lastPicture = picture;
    drawPicture.call(this, picture);
  };

  // Flutter calls this right after it has drawn a view's picture, with nothing but the canvas.
  const browserCreateImageBitmap = window.createImageBitmap;
  window.createImageBitmap = ((...args: unknown[]) => {
    const [source] = args;
    const known = args.length === 1 && source instanceof OffscreenCanvas ? shared.get(source) : undefined;
    if (!known) return Reflect.apply(browserCreateImageBitmap, window, args);
    known.drawn();
    const picture = lastPicture;
    const size = extent(picture, known.canvas);
    const still = stillFrames.instead(picture, size);
    if (still) return Promise.resolve(still);
    return browserCreateImageBitmap.call(window, known.canvas, 0, 0, size.width, size.height).then((copy) => {
      stillFrames.copied(copy, picture);
      return copy;
    });
  }) as typeof createImageBitmap;
}

/** How much of the canvas a picture covers, from the canvas's corner. Device pixels. */
export function extent(picture: Picture | null, canvas: Size): Size {
  const [, , right, bottom] = Array.from(picture?.cullRect?.() ?? []);
  return { width: within(right, canvas.width), height: within(bottom, canvas.height) };
}

function within(edge: number | undefined, limit: number): number {
  if (edge === undefined || !Number.isFinite(edge)) return limit;
  return Math.min(limit, Math.max(1, Math.ceil(edge)));
}
