/**
 * The page-wide registry, `globalThis[Symbol.for("flet-jupyter")]`: what runs in this page.
 *
 * It is the only state that is shared between the engine's module and a front end's extension, and also the hook for tests and
 * benchmarks. Whoever asks first makes it, so this module needs no other.
 */

import type { FlutterPage } from "./flutter.ts";
import type { LinkCounters } from "./link.ts";

export const REGISTRY = Symbol.for("flet-jupyter");

/** What runs in this page. */
export interface Registry {
  /** The version of the Flutter client that the page's engine runs; null before the first view. */
  clientVersion: string | null;
  /** The page's engine; null before the first view. */
  flutter: Pick<FlutterPage, "boot" | "getReady" | "add"> | null;
  /** The views that are shown now, with their counters. */
  readonly links: Set<{ readonly id: string; readonly counters: Readonly<LinkCounters> }>;
  /** How many views are shown now. */
  readonly views: number;
  /** Apps parked because their view went away a moment ago, by app id. */
  readonly parked: Map<string, { adopt(): unknown }[]>;
  /** The outputs of cells in which an app is, or would be if it were not in a panel. */
  readonly places: Set<Place>;
  /** The front end's translations, if it has any for us. */
  translate: ((text: string, ...values: string[]) => string) | null;
  /** Shows apps of cells in panels, where the front end has such. */
  panels: Panels | null;
}

/** An app of a cell, as much as a panel must know of it. */
export interface CellApp {
  readonly appId: string;
  readonly label: string;
  readonly kernelId: string;
  /** The notebook's path on the server; empty if it is not known. */
  readonly path: string;
  /** What the next run of the cell calls the app that takes this one's place; see docs/comm-protocol.md. */
  readonly slot: string;
  /** Where the panel is to be, seen from the notebook; empty: in the usual place. */
  readonly mode: string;
}

/** The output of a cell with an app. */
export interface Place {
  readonly element: HTMLElement;
  /** The app, while it lives and its kernel is known. */
  readonly app: CellApp | null;
}

/** A panel that shows an app of a cell. */
export interface CellPanel {
  readonly app: CellApp;
  /** Whether the app has moved here: then its cell does not show it until the panel is closed. */
  readonly moves: boolean;
}

/** What a front end with panels does for cells. */
export interface Panels {
  /** The panel of an app, or of the app that was in its place in the cell's former run. */
  find(app: CellApp): CellPanel | null;
  /**
   * Show an app in its panel, made if there is none. `moves` as in `CellPanel`; `focus` whether the user asked for it
   * just now.
   */
  open(app: CellApp, how: { moves: boolean; focus: boolean }): void;
  /** Let the cell show the app too. */
  share(app: CellApp): void;
  /** Call `listener` when a panel was opened or closed, or what `find` gives has changed, until `signal` aborts. */
  watch(listener: () => void, signal: AbortSignal): void;
}

/** The page's registry, made by the first module that asks. */
export function registry(): Registry {
  const holder = globalThis as unknown as { [REGISTRY]?: Registry };
  holder[REGISTRY] ??= {
    clientVersion: null,
    flutter: null,
    links: new Set(),
    parked: new Map(),
    places: new Set(),
    translate: null,
    panels: null,
    get views(): number {
      return this.links.size;
    },
  };
  return holder[REGISTRY];
}
