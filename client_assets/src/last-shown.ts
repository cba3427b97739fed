/** What this browser has shown last: with it a page can get ready before anybody opens an app. */

import type { Shell } from "./protocol.ts";
import type { Size } from "./surface-sizes.ts";

export interface LastShown {
  /** The version of the client that showed it. */
  version: string;
  shell: Shell;
  size: Size;
}

/** After this time nobody is expected to show anything. Milliseconds. */
const LATELY = 14 * 24 * 60 * 60 * 1000;

/** To be raised when `flet_jupyter/core/shell.py` describes a shell otherwise: the page's engine begins with the one that is kept. */
const FORMAT = 1;

function key(baseUrl: string): string {
  return `flet-jupyter:shown-${FORMAT}:${baseUrl}`;
}

/** Note that an app is shown by the Jupyter server with this base URL. */
export function noteShown(baseUrl: string, shown: LastShown): void {
  try {
    localStorage.setItem(key(baseUrl), JSON.stringify({ ...shown, time: Date.now() }));
  } catch {
    // A page that may store nothing, or no more.
  }
}

/** What was shown lately by this Jupyter server; null if that was nothing. */
export function lastShown(baseUrl: string): LastShown | null {
  try {
    const noted = JSON.parse(localStorage.getItem(key(baseUrl)) ?? "null") as (LastShown & { time: number }) | null;
    if (!noted || !(Date.now() - noted.time < LATELY)) return null;
    const { version, shell, size } = noted;
    // Whoever can write there can do anything else to the page; but another version may have written it otherwise.
    const isWhole = typeof version === "string" && isMap(shell.page) && isMap(shell.view) && isSide(size.width) && isSide(size.height);
    return isWhole ? { version, shell, size } : null;
  } catch {
    return null;
  }
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isSide(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value < 10_000;
}
