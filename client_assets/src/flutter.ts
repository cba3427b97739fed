/**
 * The Flutter engine of one page (a window or a frame), in multi-view mode: boots it, adds and removes apps.
 *
 * Flet's client, told that it runs with Pyodide, talks through three globals instead of a WebSocket. Here they route
 * each app's packets by its address: the host app to the host session, an embedded one to its channel.
 */

import { holdCdnScripts } from "./cdn-hold.ts";
import type { CdnHold } from "./cdn-hold.ts";
import { guardThemeColor, guardTitle } from "./page-guard.ts";
import type { Shell } from "./protocol.ts";
import { HostSession } from "./shell.ts";
import { keepSurfacesLarge } from "./surface-sizes.ts";
import type { Size } from "./surface-sizes.ts";
import { followTheme } from "./theme.ts";

/** Where an embedded app's packets go. */
export interface AppChannel {
  /** Flet's client wants to talk; packets for it go to `deliver`. */
  connected(deliver: (packet: Uint8Array) => void): void;
  sent(packet: Uint8Array<ArrayBuffer>): void;
  disconnected(): void;
}

/** An app shown in an element of the page. */
export interface Surface {
  /** End the app and mount another in its place; its channel is told that one went and one came. */
  remount(): void;
  remove(): void;
}

export interface AppRequest {
  /** An empty element that is in the document and has a size. */
  element: HTMLElement;
  /** Addresses the app's channel; unique in the page. */
  address: string;
  shell: Shell;
  channel: AppChannel;
}

interface FlutterApp {
  addView(options: { hostElement: HTMLElement; initialData?: unknown }): number;
  removeView(viewId: number): unknown;
}

interface FlutterLoader {
  load(options: {
    config: Record<string, unknown>;
    onEntrypointLoaded(initializer: {
      initializeEngine(config: Record<string, unknown>): Promise<{ runApp(): Promise<FlutterApp> }>;
    }): Promise<void>;
  }): Promise<void>;
}

interface FlutterGlobals {
  flet?: Record<string, unknown>;
  _flutter?: { loader: FlutterLoader; buildConfig?: unknown };
  flutterCanvasKitLoaded?: Promise<unknown>;
  jsConnect?: (address: string, args: unknown, onMessage: (packet: Uint8Array) => void) => Promise<void>;
  jsSend?: (address: string, packet: Uint8Array) => void;
  jsDisconnect?: (address: string) => void;
}

/** How long a spare view stays after another view was added. Milliseconds. */
const SPARE_TIME = 1_000;
const SPARE = "flet-spare";

const globals = globalThis as unknown as FlutterGlobals;

export class FlutterPage {
  #app: Promise<FlutterApp> | null = null;
  #host: HostSession | null = null;
  #cdn: CdnHold | null = null;
  /** What the host app said before the host session was known: Flutter may be up before the kernel has answered. */
  #early: { deliver: ((packet: Uint8Array) => void) | null; packets: Uint8Array[] } = { deliver: null, packets: [] };
  /** The views that Flutter has. */
  readonly #views = new Map<number, HTMLElement>();
  /** The one of them that is empty and kept because it was the last; null if there is none. */
  #spare: number | null = null;
  readonly #channels = new Map<string, AppChannel>();

  /** `clientBase` is the absolute URL of the folder with the client's files; it ends with a slash. */
  constructor(readonly clientBase: string) {}

  /** Start the engine, unless it was started. */
  boot(): Promise<unknown> {
    this.#app ??= this.#boot();
    return this.#app;
  }

  /** Show an app. The engine must not be given an element without a size: its app would never register. */
  async add(request: AppRequest, signal: AbortSignal): Promise<Surface> {
    await this.boot();
    const app = await this.#app;
    signal.throwIfAborted();
    if (!app) throw new Error("Flutter did not start.");
    const host = (this.#host ??= this.#newHost(request.shell));
    let { address } = request;
    let mounts = 1;
    this.#channels.set(address, request.channel);
    keepSizeWhileHidden(request.element);
    const viewId = app.addView({ hostElement: request.element, initialData: {} });
    host.prepare(viewId, request.shell.view, address);
    this.#views.set(viewId, request.element);
    this.#dropSpare(app);
    return {
      remount: () => {
        // Another address: the old app says its goodbye after the new one has come.
        this.#channels.delete(address);
        mounts += 1;
        address = `${request.address}:${mounts}`;
        this.#channels.set(address, request.channel);
        host.remount(viewId, address);
      },
      remove: () => {
        this.#channels.delete(address);
        host.clear(viewId);
        this.#remove(app, viewId);
      },
    };
  }

  /**
   * Take a view from Flutter, but never the last one: without a view Flutter stops drawing frames before it has let go of the
   * views' contents, and fails on them in the first frame of the next view.
   */
  #remove(app: FlutterApp, viewId: number): void {
    if (this.#views.size === 1) {
      this.#spare = viewId;
      return;
    }
    const element = this.#views.get(viewId);
    this.#views.delete(viewId);
    app.removeView(viewId);
    if (element?.className === SPARE) element.remove();
  }

  /**
   * Give Flutter an empty view from the start: without one for a second (the kernel is slow to answer) its app
   * never begins, not even when a view is added then.
   */
  #addSpare(app: FlutterApp): void {
    const element = document.createElement("div");
    element.className = SPARE;
    element.style.cssText = "position:fixed;left:-100px;top:0;width:10px;height:10px;visibility:hidden";
    document.body.append(element);
    const viewId = app.addView({ hostElement: element, initialData: {} });
    this.#views.set(viewId, element);
    this.#spare = viewId;
  }

  /** Give up the spare view, when the view that was added has been drawn. */
  #dropSpare(app: FlutterApp): void {
    if (this.#spare === null) return;
    const spare = this.#spare;
    this.#spare = null;
    setTimeout(() => this.#remove(app, spare), SPARE_TIME);
  }

  #newHost(shell: AppRequest["shell"]): HostSession {
    const host = new HostSession(shell);
    const { deliver, packets } = this.#early;
    if (deliver) host.connect(deliver);
    for (const packet of packets) host.receive(packet);
    this.#early = { deliver: null, packets: [] };
    return host;
  }

  async #boot(): Promise<FlutterApp> {
    if (globals._flutter || globals.flet) {
      throw new Error("Another Flutter app runs in this page already. Close it and reload the page.");
    }
    const base = this.clientBase;
    globals.jsConnect = (address, _args, onMessage) => this.#connect(address, onMessage);
    globals.jsSend = (address, packet) => this.#send(address, packet);
    globals.jsDisconnect = (address) => this.#channels.get(address)?.disconnected();
    globals.flet = {
      pyodide: true,
      multiView: true,
      noCdn: true,
      webSocketEndpoint: "",
      // The other strategy, "path", needs a <base> element and writes to the page's URL.
      routeUrlStrategy: "hash",
      entrypointBaseUrl: base,
      assetBase: base,
      canvasKitBaseUrl: `${base}canvaskit/`,
      fontFallbackBaseUrl: `${base}assets/fonts/fallback/`,
      webRenderer: "canvaskit",
    };
    guardTitle(base);
    guardThemeColor();
    const theme = followTheme();
    this.#cdn = holdCdnScripts();
    try {
      // Not the client's own flutter_bootstrap.js: in a page that has a service worker it would register another one.
      await loadScript(`${base}flutter.js`);
      return await this.#run();
    } catch (error) {
      // So that another view may try again, for instance when the server is back.
      this.#app = null;
      this.#cdn.started();
      delete globals.flet;
      delete globals._flutter;
      throw error;
    } finally {
      theme.restore();
    }
  }

  #run(): Promise<FlutterApp> {
    const flutter = globals._flutter;
    if (!flutter) throw new Error("Flutter's loader did not load.");
    flutter.buildConfig = { builds: [{ compileTarget: "dart2js", renderer: "canvaskit", mainJsPath: "main.dart.js" }] };
    const base = this.clientBase;
    const config = {
      multiViewEnabled: true,
      entrypointBaseUrl: base,
      assetBase: base,
      canvasKitBaseUrl: `${base}canvaskit/`,
      fontFallbackBaseUrl: `${base}assets/fonts/fallback/`,
      renderer: "canvaskit",
    };
    return new Promise<FlutterApp>((resolve, reject) => {
      flutter.loader
        .load({
          config,
          onEntrypointLoaded: async (initializer) => {
            try {
              keepSurfacesLarge(await globals.flutterCanvasKitLoaded, () => this.#largestView());
              const engine = await initializer.initializeEngine(config);
              const app = await engine.runApp();
              this.#addSpare(app);
              resolve(app);
            } catch (error) {
              reject(asError(error));
            }
          },
        })
        .catch((error: unknown) => reject(asError(error)));
    });
  }

  /** The device pixels that every view fits into. */
  #largestView(): Size {
    const largest: Size = { width: 0, height: 0 };
    for (const element of this.#views.values()) {
      largest.width = Math.max(largest.width, Math.ceil(element.clientWidth * devicePixelRatio));
      largest.height = Math.max(largest.height, Math.ceil(element.clientHeight * devicePixelRatio));
    }
    return largest;
  }

  async #connect(address: string, onMessage: (packet: Uint8Array) => void): Promise<void> {
    // Flet's client may run in another window than the one that made the packet, so give it an array of its own window.
    const deliver = (packet: Uint8Array): void => {
      this.#cdn?.inspect(packet);
      onMessage(new Uint8Array(packet));
    };
    const channel = this.#channels.get(address);
    if (channel) {
      channel.connected(deliver);
    } else {
      this.#cdn?.started();
      if (this.#host) this.#host.connect(deliver);
      else this.#early.deliver = deliver;
    }
  }

  #send(address: string, packet: Uint8Array): void {
    const channel = this.#channels.get(address);
    // The array may be a view of a larger buffer that Flet's client uses again.
    if (channel) channel.sent(new Uint8Array(packet));
    else if (address.startsWith("cell:")) return; // of an app whose view is gone
    else if (this.#host) this.#host.receive(packet);
    else this.#early.packets.push(new Uint8Array(packet));
  }
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

function loadScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(`${url} could not be loaded.`)));
    document.head.append(script);
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
