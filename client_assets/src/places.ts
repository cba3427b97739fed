/**
 * The Flutter views of a page, and the elements they live in, which go from stage to stage.
 *
 * Views are used again and never given back: Flutter keeps what it drew a removed view with for as long as the page lives, 3 MB
 * each (seen with flet 1.0.5).
 */

import type { Size } from "./surface-sizes.ts";

/** How many empty places may wait for an app of their size. */
const MOST_FREE = 8;
/** How long Flutter takes to notice that an element has another size: it waits for the end of the change. Milliseconds. */
const NOTICE = 300;

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
    const size = sizeOf(stage);
    const fitting = this.#free.findIndex(({ element }) => isSame(sizeOf(element), size));
    if (fitting < 0 && this.#free.length < MOST_FREE) return this.#add(stage);
    const [place] = this.#free.splice(Math.max(fitting, 0), 1);
    if (!place) return this.#add(stage);
    move(place, stage);
    // An app that begins before Flutter has noticed another size would be told of the old one first.
    if (fitting < 0) await new Promise((resolve) => setTimeout(resolve, NOTICE));
    return place;
  }

  /** Return an empty place of this size, out of sight. */
  takeAside(size: Size): Promise<Place> {
    return this.take(newLot(size, document));
  }

  /** Keep an empty place for an app of the same size. */
  release(place: Place): void {
    move(place, newLot(sizeOf(place.element), place.element.ownerDocument));
    this.#free.push(place);
    // So many that a notebook was closed, say: the pictures of the others need no memory.
    const spare = this.#free.at(-MOST_FREE - 1)?.element.parentElement;
    if (spare) setSize(spare, { width: 1, height: 1 });
  }

  /** Whether a place satisfies a condition. */
  some(condition: (element: HTMLElement) => boolean): boolean {
    return this.#all.some(({ element }) => condition(element));
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

const LOT = "flet-lot";

/** Move a place to a stage. A lot that it leaves is removed. */
export function move({ element }: Place, stage: HTMLElement): void {
  const lot = element.closest(`.${LOT}`);
  stage.append(element);
  if (lot && lot.childElementCount === 0) lot.remove();
}

/** Make a stage out of sight. */
function newLot(size: Size, document: Document): HTMLElement {
  const lot = document.createElement("div");
  lot.className = LOT;
  lot.inert = true;
  lot.style.cssText = "position: fixed; left: -20000px; top: 0; visibility: hidden; contain: strict;";
  setSize(lot, size);
  document.body.append(lot);
  return lot;
}

export function sizeOf({ clientWidth, clientHeight }: HTMLElement): Size {
  return { width: clientWidth, height: clientHeight };
}

function setSize(element: HTMLElement, { width, height }: Size): void {
  element.style.width = `${width}px`;
  element.style.height = `${height}px`;
}

export function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
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
