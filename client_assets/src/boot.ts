/** Loads the Flutter client and starts its engine in this page, without leaving marks on the page. */

import { holdCdnScripts } from "./cdn-hold.ts";
import type { CdnHold } from "./cdn-hold.ts";
import { isLite } from "./lite.ts";
import { guardThemeColor, guardTitle } from "./page-guard.ts";
import { keepSurfacesLarge } from "./surface-sizes.ts";
import type { Size } from "./surface-sizes.ts";
import { followTheme } from "./theme.ts";

export interface FlutterApp {
  addView(options: { hostElement: HTMLElement; initialData?: unknown }): number;
}

/** An engine that is ready; its app has not begun. */
export interface FlutterEngine {
  runApp(): Promise<FlutterApp>;
  readonly cdn: CdnHold;
}

interface FlutterLoader {
  load(options: {
    config: Record<string, unknown>;
    onEntrypointLoaded(initializer: {
      initializeEngine(config: Record<string, unknown>): Promise<{ runApp(): Promise<FlutterApp> }>;
    }): Promise<void>;
  }): Promise<void>;
}

interface LoaderGlobals {
  /** What Flet's client reads. */
  flet?: Record<string, unknown>;
  /** What Flutter's loader leaves. */
  _flutter?: { loader: FlutterLoader; buildConfig?: unknown };
  flutterCanvasKitLoaded?: Promise<unknown>;
}

const globals = globalThis as unknown as LoaderGlobals;

/**
 * Load and start the engine.
 *
 * `clientBase` is the absolute URL of the folder with the client's files and ends with a slash; `largestView` tells the device
 * pixels that every view fits into.
 */
export async function bootFlutter(clientBase: string, largestView: () => Size): Promise<FlutterEngine> {
  if (globals._flutter || globals.flet) {
    throw new Error("Another Flutter app runs in this page already. Close it and reload the page.");
  }
  const urls = {
    entrypointBaseUrl: clientBase,
    assetBase: clientBase,
    canvasKitBaseUrl: `${clientBase}canvaskit/`,
    fontFallbackBaseUrl: `${clientBase}assets/fonts/fallback/`,
  };
  globals.flet = {
    ...urls,
    pyodide: true,
    multiView: true,
    noCdn: true,
    webSocketEndpoint: "",
    // The other strategy, "path", needs a <base> element and writes to the page's URL.
    routeUrlStrategy: "hash",
    // The other renderer, skwasm, starts sooner (1.5 s for 2.3 s here), but draws views of different sizes wrongly just as this one
    // does, and inside WebAssembly, where `keepSurfacesLarge` cannot help it.
    webRenderer: "canvaskit",
  };
  guardTitle(clientBase);
  guardThemeColor();
  const theme = followTheme();
  const cdn = holdCdnScripts();
  try {
    // Not the client's own flutter_bootstrap.js: in a page that has a service worker it would register another one.
    await loadScript(`${clientBase}flutter.js`);
    const engine = await initialize(clientBase, { ...urls, multiViewEnabled: true, renderer: "canvaskit" }, largestView);
    return {
      cdn,
      runApp: async () => {
        try {
          return await engine.runApp();
        } finally {
          theme.restore();
        }
      },
    };
  } catch (error) {
    // So that another view may try again, for instance when the server is back.
    theme.restore();
    cdn.started();
    delete globals.flet;
    delete globals._flutter;
    throw error;
  }
}

function initialize(
  clientBase: string,
  config: Record<string, unknown>,
  largestView: () => Size,
): Promise<{ runApp(): Promise<FlutterApp> }> {
  const flutter = globals._flutter;
  if (!flutter) throw new Error("Flutter's loader did not load.");
  flutter.buildConfig = { builds: [{ compileTarget: "dart2js", renderer: "canvaskit", mainJsPath: "main.dart.js" }] };
  const watch = new AbortController();
  return new Promise<{ runApp(): Promise<FlutterApp> }>((resolve, reject) => {
    // Flutter's loader waits for ever for a script that cannot be loaded, and for CanvasKit's WebAssembly.
    addEventListener(
      "error",
      ({ target }) => {
        if (target instanceof HTMLScriptElement && target.src.startsWith(clientBase)) void reason(target.src).then(reject);
      },
      { capture: true, signal: watch.signal },
    );
    addEventListener(
      "unhandledrejection",
      (event) => {
        const error = asError(event.reason);
        if (!error.stack?.includes(clientBase) && !error.message.includes("WebAssembly")) return;
        reject(new Error(`CanvasKit could not be loaded (${error.message}).`));
      },
      { signal: watch.signal },
    );
    flutter.loader
      .load({
        config,
        onEntrypointLoaded: async (initializer) => {
          try {
            keepSurfacesLarge(await globals.flutterCanvasKitLoaded, largestView);
            resolve(await initializer.initializeEngine(config));
          } catch (error) {
            reject(asError(error));
          }
        },
      })
      .catch((error: unknown) => reject(asError(error)));
  }).finally(() => watch.abort());
}

/** Load a classic script; rejects with a sentence that names its URL. */
function loadScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => void reason(url).then(reject));
    document.head.append(script);
  });
}

/** Why a script could not be loaded: what the server says of it, for it knows best. */
async function reason(url: string): Promise<Error> {
  const reply = await fetch(url).catch(() => null);
  if (!reply) return new Error(`The ${isLite() ? "site" : "Jupyter server"} does not answer (${url}).`);
  const said = reply.ok ? null : ((await reply.json().catch(() => null)) as { message?: unknown } | null);
  void reply.body?.cancel().catch(() => {});
  if (typeof said?.message === "string") return new Error(said.message);
  return new Error(`${url} could not be loaded (HTTP ${reply.status}).`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
