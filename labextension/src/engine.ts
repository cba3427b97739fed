/**
 * The shared engine: the module that cells use too, so that a page has one Flutter engine for all.
 *
 * It is not part of this bundle: the server extension serves it, in the version of the package that it belongs to.
 */

import { PageConfig, URLExt } from "@jupyterlab/coreutils";
import type * as Engine from "../../client_assets/src/index";

export type { LinkCounters, Look, OutputEntry, PageTitle, PanelView, ViewState, WidgetModel } from "../../client_assets/src/index";

let loading: Promise<typeof Engine> | null = null;

/** The server's base URL as the engine wants it: a path that begins and ends with a slash. */
export function basePath(): string {
  return new URL(URLExt.join(PageConfig.getBaseUrl(), "/"), location.href).pathname;
}

/** Load the engine's module, unless it was loaded. */
export function loadEngine(): Promise<typeof Engine> {
  loading ??= load().catch((error: unknown) => {
    loading = null; // the server may be back the next time
    throw error;
  });
  return loading;
}

async function load(): Promise<typeof Engine> {
  const url = new URL(`${basePath()}flet/engine.js`, location.href).href;
  try {
    return (await import(/* webpackIgnore: true */ url)) as typeof Engine;
  } catch (error) {
    const reply = await fetch(url).catch(() => null);
    throw new Error(reply ? `HTTP ${reply.status}` : String(error));
  }
}
