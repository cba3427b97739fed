/**
 * The Flutter views of a page, and the elements they live in, which go from stage to stage.
 *
 * Views are used again and never given back: Flutter keeps what it drew a removed view with for as long as the page lives, 3 MB
 * each (seen with flet 1.0.5).
 */

import type { Size } from "./surface-sizes.ts";

export interface Place {
  readonly element: HTMLElement;
  readonly viewId: number;
}

export class Places {
  readonly #all: Place[] = [];
  /** Those that are empty. */
  readonly #free: Place[] = [];

  /** `addView` gives Flutter an element for a new view and returns the view's number. */
  constructor(private readonly addView: (element: HTMLElement) => number) {}

  /** Return an empty place in this stage, which is in the document and has a size. */
  async take(stage: HTMLElement): Promise<Place> {
    const place = this.#free.pop();
    if (!place) return this.#add(stage);
    const before = sizeOf(place.element);
    move(place, stage);
    const after = sizeOf(place.element);
    // An app that begins before Flutter has noticed another size would register with the old one.
    if (before.width !== after.width || before.height !== after.height) await resized(place.element);
    return place;
  }

  /** Return an empty place out of sight, of the size of an element. */
  takeAside(element: HTMLElement): Place {
    const place = this.#free.pop();
    const lot = lotFor(element);
    if (!place) return this.#add(lot);
    move(place, lot);
    return place;
  }

  /** Keep an empty place for the next app. */
  release(place: Place): void {
    // The one that was emptied last may be wanted in the same size; the others need no memory for pictures.
    const last = this.#free.at(-1)?.element.parentElement;
    if (last) setSize(last, { width: 1, height: 1 });
    move(place, lotFor(place.element));
    this.#free.push(place);
  }

  /** The device pixels that every view fits into. */
  largest(): Size {
    const largest: Size = { width: 0, height: 0 };
    for (const { element } of this.#all) {
      largest.width = Math.max(largest.width, Math.ceil(element.clientWidth * devicePixelRatio));
      largest.height = Math.max(largest.height, Math.ceil(element.clientHeight * devicePixelRatio));
    }
    return largest;
  }

  #add(stage: HTMLElement): Place {
    const element = stage.ownerDocument.createElement("div");
    element.className = "flet-place";
    // Not in the style sheet, which a frame's document does not have.
    element.style.cssText = "position: absolute; inset: 0; outline: none;";
    stage.append(element);
    keepSizeWhileHidden(element);
    const place = { element, viewId: this.addView(element) };
    this.#all.push(place);
    return place;
  }
}

/** Move a place to a stage. A lot that it leaves is removed. */
export function move({ element }: Place, stage: HTMLElement): void {
  const lot = element.closest(`.${LOT}`);
  stage.append(element);
  if (lot && lot.childElementCount === 0) lot.remove();
}

const LOT = "flet-lot";

/** Make a stage out of sight, of the size of an element. */
function lotFor(element: HTMLElement): HTMLElement {
  const lot = element.ownerDocument.createElement("div");
  lot.className = LOT;
  lot.inert = true;
  lot.style.cssText = "position: fixed; left: -20000px; top: 0; visibility: hidden; contain: strict;";
  setSize(lot, sizeOf(element));
  element.ownerDocument.body.append(lot);
  return lot;
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): Size {
  return { width: clientWidth, height: clientHeight };
}

function setSize(element: HTMLElement, { width, height }: Size): void {
  element.style.width = `${width}px`;
  element.style.height = `${height}px`;
}

/** Wait until an element's observers have been told of its new size. */
function resized(element: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      observer.disconnect();
      resolve();
    };
    const observer = new ResizeObserver(done);
    observer.observe(element);
    // A page in the background lays nothing out; Flutter will notice when somebody looks at it.
    setTimeout(done, 100);
  });
}

/**
 * Let Flutter measure an element that is not laid out at its last size.
 *
 * JupyterLab hides outputs that are scrolled away. An app whose page shrinks to nothing and grows again would be told of
 * both, lay itself out for nothing, and lose the scroll positions of its lists.
 */
function keepSizeWhileHidden(element: HTMLElement): void {
  for (const property of ["clientWidth", "clientHeight"] as const) {
    const measure = Object.getOwnPropertyDescriptor(Element.prototype, property)?.get;
    if (!measure) continue;
    let last = 0;
    Object.defineProperty(element, property, {
      configurable: true,
      get: (): number => {
        const now = measure.call(element) as number;
        if (now > 0) last = now;
        return last;
      },
    });
  }
}
