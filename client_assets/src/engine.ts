/** The shared engine: one Flutter engine per page, for every app of the client version that came first. */

import { FlutterPage } from "./flutter.ts";
import type { AppRequest, Surface } from "./flutter.ts";
import { addFramed } from "./frame.ts";
import { lastShown, noteShown } from "./last-shown.ts";
import { sizeOf } from "./places.ts";
import { registry } from "./registry.ts";
import type { Registry } from "./registry.ts";
import { withoutAssets } from "./shell.ts";
import { xsrf } from "./xsrf.ts";

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

/** Start loading the engine before any kernel has said which client it needs, if the server has but one. */
export async function warmUp(baseUrl: string): Promise<void> {
  if (registry().clientVersion !== null) return;
  const version = await onlyClient(baseUrl);
  if (version && registry().clientVersion === null) prepare(baseUrl, version);
}

/** Do all that can be done before there is an app, if one is to be expected: one was shown lately. */
export async function getReady(baseUrl: string): Promise<void> {
  const page = registry();
  const shown = lastShown(baseUrl);
  if (!shown || page.clientVersion !== null || shown.version !== (await onlyClient(baseUrl))) return;
  prepare(baseUrl, shown.version);
  if (page.clientVersion === shown.version) await page.flutter?.getReady(shown.shell, shown.size);
}

async function onlyClient(baseUrl: string): Promise<string | null> {
  const reply = await fetch(`${baseUrl}flet/status`, { headers: xsrf() });
  const { clients } = (await reply.json()) as { clients: string[] };
  const [version, ...others] = clients;
  return version && others.length === 0 ? version : null;
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
  if (shared) {
    const surface = await shared.add(request, signal);
    noteShown(baseUrl, { version, shell: withoutAssets(request.shell), size: sizeOf(request.element) });
    return surface;
  }
  return addFramed(request, clientBase(baseUrl, version), import.meta.url, signal);
}
