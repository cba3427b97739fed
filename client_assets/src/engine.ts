/**
 * The shared engine: one Flutter engine per page, for every app of the client version that came first.
 *
 * A page-wide registry, `globalThis[Symbol.for("flet-jupyter")]`, says what runs. It is the only shared state, and also
 * the hook for tests and benchmarks.
 */

import { FlutterPage } from "./flutter.ts";
import type { AppRequest, Surface } from "./flutter.ts";
import { addFramed } from "./frame.ts";
import type { LinkCounters } from "./link.ts";

export const REGISTRY = Symbol.for("flet-jupyter");

/** What runs in this page. */
export interface Registry {
  /** The version of the Flutter client that the page's engine runs; null before the first view. */
  clientVersion: string | null;
  /** The page's engine; null before the first view. */
  flutter: Pick<FlutterPage, "boot" | "add"> | null;
  /** The views that are shown now, with their counters. */
  readonly links: Set<{ readonly id: string; readonly counters: Readonly<LinkCounters> }>;
  /** How many views are shown now. */
  readonly views: number;
  /** Apps parked because their view went away a moment ago, by app id. */
  readonly parked: Map<string, { adopt(): unknown }[]>;
  /** The front end's translations, if it has any for us. */
  translate: ((text: string) => string) | null;
  /** Shows apps of cells in panels, where the front end has such. */
  panels: Panels | null;
}

/** What a front end with panels does for cells. */
export interface Panels {
  /** Show the app that is `appId` in this kernel in a panel; `mode` is where, or empty. */
  open(app: { appId: string; label: string; kernelId: string; mode: string }): void;
}

/** The page's registry, made by the first module that asks. */
export function registry(): Registry {
  const holder = globalThis as unknown as { [REGISTRY]?: Registry };
  holder[REGISTRY] ??= {
    clientVersion: null,
    flutter: null,
    links: new Set(),
    parked: new Map(),
    translate: null,
    panels: null,
    get views(): number {
      return this.links.size;
    },
  };
  return holder[REGISTRY];
}

/** Where the Flutter client of a version is served; `baseUrl` is the Jupyter server's. */
export function clientBase(baseUrl: string, version: string): string {
  return new URL(`${baseUrl}flet/client/${encodeURIComponent(version)}/`, location.href).href;
}

/** The page's engine if it runs this client version (or can), else null: then the app needs a frame of its own. */
function sharedEngine(baseUrl: string, version: string): Registry["flutter"] {
  const page = registry();
  if (!page.flutter) {
    page.clientVersion = version;
    page.flutter = new FlutterPage(clientBase(baseUrl, version));
  }
  return page.clientVersion === version ? page.flutter : null;
}

/** Start loading the engine, so that it is there when the kernel has answered. */
export function prepare(baseUrl: string, version: string): void {
  // Whoever shows an app waits for the same promise, and tells the user if it fails.
  const engine = sharedEngine(baseUrl, version);
  engine?.boot().catch(() => {
    // The next app may find another version served, or the server back.
    const page = registry();
    if (page.flutter === engine) {
      page.flutter = null;
      page.clientVersion = null;
    }
  });
}

/** The version that the page's engine runs if this one cannot run in it; null if it can. */
export function otherVersion(version: string): string | null {
  const running = registry().clientVersion;
  return running === null || running === version ? null : running;
}

/** Show an app, in the page's engine or else in a frame. */
export async function show(
  request: AppRequest,
  baseUrl: string,
  version: string,
  signal: AbortSignal,
): Promise<Surface> {
  const shared = sharedEngine(baseUrl, version);
  if (shared) return shared.add(request, signal);
  return addFramed(request, clientBase(baseUrl, version), import.meta.url, signal);
}
