/**
 * The Flutter engine of one page (a window or a frame), in multi-view mode: adds and removes apps.
 *
 * Flet's client, told that it runs with Pyodide, talks through three globals instead of a WebSocket. Here they route
 * each app's packets by its address: the host app to the host session, an embedded one to its channel.
 */

import { bootFlutter } from "./boot.ts";
import type { FlutterApp, FlutterEngine } from "./boot.ts";
import type { CdnHold } from "./cdn-hold.ts";
import { isStrayKey } from "./keyboard.ts";
import { muteLateFrames } from "./page-guard.ts";
import type { Shell } from "./protocol.ts";
import { HostSession } from "./shell.ts";
import type { Size } from "./surface-sizes.ts";

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

interface ClientGlobals {
  jsConnect?: (address: string, args: unknown, onMessage: (packet: Uint8Array) => void) => Promise<void>;
  jsSend?: (address: string, packet: Uint8Array) => void;
  jsDisconnect?: (address: string) => void;
}

const globals = globalThis as unknown as ClientGlobals;

/** What an embedded app's address begins with; the host app's is the page's URL. */
const EMBEDDED = "cell:";
/** How long a spare view stays after another view was added. Milliseconds. */
const SPARE_TIME = 1_000;

export class FlutterPage {
  #engine: Promise<FlutterEngine> | null = null;
  #app: Promise<FlutterApp> | null = null;
  #host: HostSession | null = null;
  #cdn: CdnHold | null = null;
  /** The views that Flutter has. */
  readonly #views = new Map<number, HTMLElement>();
  /** The one of them that is empty and kept because it was the last; null if there is none. */
  #spare: number | null = null;
  readonly #channels = new Map<string, AppChannel>();

  /** `clientBase` is the absolute URL of the folder with the client's files; it ends with a slash. */
  constructor(readonly clientBase: string) {}

  /** Load and start the engine, unless it was started. Its app begins with the first view. */
  boot(): Promise<FlutterEngine> {
    this.#engine ??= this.#boot();
    return this.#engine;
  }

  /** Show an app. The engine must not be given an element without a size: its app would never register. */
  async add(request: AppRequest, signal: AbortSignal): Promise<Surface> {
    const engine = await this.boot();
    signal.throwIfAborted();
    this.#host ??= new HostSession(request.shell);
    const host = this.#host;
    // Not before there is a view to add: an app that has none for a second never begins, not even when it gets one.
    this.#app ??= engine.runApp();
    const app = await this.#app;
    let { address } = request;
    let mounts = 1;
    const channel: AppChannel = {
      connected: (deliver) => request.channel.connected(deliver),
      sent: (packet) => {
        if (!isStrayKey(packet, request.element)) request.channel.sent(packet);
      },
      disconnected: () => request.channel.disconnected(),
    };
    this.#channels.set(address, channel);
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
        this.#channels.set(address, channel);
        host.remount(viewId, address);
      },
      remove: () => {
        this.#channels.delete(address);
        host.clear(viewId);
        this.#remove(app, viewId);
      },
    };
  }

  async #boot(): Promise<FlutterEngine> {
    globals.jsConnect = (address, _args, onMessage) => this.#connect(address, onMessage);
    globals.jsSend = (address, packet) => this.#send(address, packet);
    globals.jsDisconnect = (address) => this.#channels.get(address)?.disconnected();
    try {
      const engine = await bootFlutter(this.clientBase, () => this.#largestView());
      this.#cdn = engine.cdn;
      return engine;
    } catch (error) {
      this.#engine = null;
      throw error;
    }
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
    this.#views.delete(viewId);
    muteLateFrames(this.clientBase);
    app.removeView(viewId);
  }

  /** Give up the spare view, when the view that was added has been drawn. */
  #dropSpare(app: FlutterApp): void {
    if (this.#spare === null) return;
    const spare = this.#spare;
    this.#spare = null;
    setTimeout(() => this.#remove(app, spare), SPARE_TIME);
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
    } else if (!address.startsWith(EMBEDDED)) {
      this.#cdn?.started();
      this.#host?.connect(deliver);
    }
  }

  #send(address: string, packet: Uint8Array): void {
    // The array may be a view of a larger buffer that Flet's client uses again.
    if (!address.startsWith(EMBEDDED)) this.#host?.receive(packet);
    else this.#channels.get(address)?.sent(new Uint8Array(packet));
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
