/**
 * The Flutter engine of one page (a window or a frame), in multi-view mode: adds and removes apps.
 *
 * Flet's client, told that it runs with Pyodide, talks through three globals instead of a WebSocket. Here they route
 * each app's packets by its address: the host app to the host session, an embedded one to its channel.
 */

import { indexOf } from "./bytes.ts";
import { bootFlutter } from "./boot.ts";
import type { FlutterApp, FlutterEngine } from "./boot.ts";
import type { CdnHold } from "./cdn-hold.ts";
import { isStrayKey } from "./keyboard.ts";
import { isRegister } from "./link.ts";
import { lotFor, move, Places } from "./places.ts";
import type { Place } from "./places.ts";
import type { Shell } from "./protocol.ts";
import { HostSession } from "./shell.ts";

/** Where an embedded app's packets go. */
export interface AppChannel {
  /** Flet's client wants to talk; packets for it go to `deliver`. */
  connected(deliver: (packet: Uint8Array) => void): void;
  sent(packet: Uint8Array<ArrayBuffer>): void;
  disconnected(): void;
}

/** An app shown in an element of the page. */
export interface Surface {
  /** End the app and start another in its place; the channel is told that one came. */
  remount(): void;
  remove(): void;
}

export interface AppRequest {
  /** An empty element that is in the document and has a size. */
  element: HTMLElement;
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
/** How long nothing is shown or removed before a spare app is started. Milliseconds. */
const QUIET = 300;

/** An embedded app's connection, which can be up before anybody uses it. */
class Socket {
  #deliver: ((packet: Uint8Array) => void) | null = null;
  #channel: AppChannel | null = null;
  #held: Uint8Array<ArrayBuffer>[] = [];

  constructor(
    readonly address: string,
    private readonly element: HTMLElement,
  ) {}

  /** Pass on to a channel what the app says, and has said. */
  bind(channel: AppChannel): void {
    this.#channel = channel;
    if (this.#deliver) channel.connected(this.#deliver);
    for (const packet of this.#held.splice(0)) channel.sent(withPageSize(packet, this.element));
  }

  connected(deliver: (packet: Uint8Array) => void): void {
    this.#deliver = deliver;
    this.#channel?.connected(deliver);
  }

  sent(packet: Uint8Array<ArrayBuffer>): void {
    if (!this.#channel) this.#held.push(packet);
    else if (!isStrayKey(packet, this.element)) this.#channel.sent(packet);
  }

  disconnected(): void {
    this.#deliver = null;
    this.#channel?.disconnected();
  }
}

/** An app that has started and waits for somebody to be. */
interface SpareApp {
  place: Place;
  socket: Socket;
  /** What it was made from: an app with other assets, say, has to be another. */
  made: string;
}

export class FlutterPage {
  #engine: Promise<FlutterEngine> | null = null;
  #app: Promise<FlutterApp> | null = null;
  #host: HostSession | null = null;
  #cdn: CdnHold | null = null;
  #places: Places | null = null;
  #spare: SpareApp | null = null;
  #spareTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #sockets = new Map<string, Socket>();
  #lastSocket = 0;

  /**
   * `clientBase` is the absolute URL of the folder with the client's files; it ends with a slash. `keepsSpare` says whether to
   * start one app more than are shown, so that the next to be shown need not wait for that.
   */
  constructor(
    readonly clientBase: string,
    private readonly keepsSpare = true,
  ) {}

  /** Load and start the engine, unless it was started. Its app begins with the first view. */
  boot(): Promise<FlutterEngine> {
    this.#engine ??= this.#boot();
    return this.#engine;
  }

  /** Show an app. The element must have a size: an app in one that has none would never register. */
  async add({ element, shell, channel }: AppRequest, signal: AbortSignal): Promise<Surface> {
    const engine = await this.boot();
    signal.throwIfAborted();
    this.#host ??= new HostSession(shell);
    const host = this.#host;
    // Not before there is a view to add: an app that has none for a second never begins, not even when it gets one.
    this.#app ??= engine.runApp();
    const app = await this.#app;
    this.#places ??= new Places((hostElement) => app.addView({ hostElement, initialData: {} }));
    const places = this.#places;
    const spare = this.#takeSpare(shell);
    if (spare) move(spare.place, element);
    const place = spare?.place ?? (await places.take(element));
    let socket = spare?.socket ?? this.#start(host, shell, place);
    socket.bind(channel);
    const startSpare = (): void => this.#startSpareSoon(host, places, shell, place);
    startSpare();
    return {
      remount: () => {
        // Another address: the old app says its goodbye after the new one has come.
        this.#sockets.delete(socket.address);
        socket = this.#start(host, shell, place);
        socket.bind(channel);
      },
      remove: () => {
        this.#sockets.delete(socket.address);
        host.clear(place.viewId);
        places.release(place);
        startSpare();
      },
    };
  }

  /** Start an app in a place, instead of the one that is there. */
  #start(host: HostSession, shell: Shell, place: Place): Socket {
    const socket = new Socket(`${EMBEDDED}${++this.#lastSocket}`, place.element);
    this.#sockets.set(socket.address, socket);
    host.show(place.viewId, shell.view, socket.address);
    return socket;
  }

  #takeSpare(shell: Shell): SpareApp | null {
    const spare = this.#spare;
    if (spare?.made !== JSON.stringify(shell.view)) return null;
    this.#spare = null;
    return spare;
  }

  /** Start a spare app, of the size of `model`, when the page has been at rest for a moment. */
  #startSpareSoon(host: HostSession, places: Places, shell: Shell, model: Place): void {
    clearTimeout(this.#spareTimer);
    if (!this.keepsSpare || this.#spare) return;
    this.#spareTimer = setTimeout(() => {
      void places.take(lotFor(model.element)).then((place) => {
        const made = JSON.stringify(shell.view);
        this.#spare = { place, socket: this.#start(host, shell, place), made };
      });
    }, QUIET);
  }

  async #boot(): Promise<FlutterEngine> {
    globals.jsConnect = (address, _args, onMessage) => this.#connect(address, onMessage);
    globals.jsSend = (address, packet) => this.#send(address, packet);
    globals.jsDisconnect = (address) => this.#sockets.get(address)?.disconnected();
    try {
      const engine = await bootFlutter(this.clientBase, () => this.#places?.largest() ?? { width: 0, height: 0 });
      this.#cdn = engine.cdn;
      return engine;
    } catch (error) {
      this.#engine = null;
      throw error;
    }
  }

  async #connect(address: string, onMessage: (packet: Uint8Array) => void): Promise<void> {
    // Flet's client may run in another window than the one that made the packet, so give it an array of its own window.
    const deliver = (packet: Uint8Array): void => {
      this.#cdn?.inspect(packet);
      onMessage(new Uint8Array(packet));
    };
    const socket = this.#sockets.get(address);
    if (socket) {
      socket.connected(deliver);
    } else if (!address.startsWith(EMBEDDED)) {
      this.#cdn?.started();
      this.#host?.connect(deliver);
    }
  }

  #send(address: string, packet: Uint8Array): void {
    // The array may be a view of a larger buffer that Flet's client uses again.
    if (!address.startsWith(EMBEDDED)) this.#host?.receive(packet);
    else this.#sockets.get(address)?.sent(new Uint8Array(packet));
  }
}

/** The register request of an app whose place has got another size since; another packet as it is. */
function withPageSize(packet: Uint8Array<ArrayBuffer>, { clientWidth, clientHeight }: HTMLElement): Uint8Array<ArrayBuffer> {
  if (!isRegister(packet)) return packet;
  const sized = packet.slice();
  setNumber(sized, "width", clientWidth);
  setNumber(sized, "height", clientHeight);
  return sized;
}

/** Set the first value of this key, if it is a 64-bit float, as msgpack writes it. */
function setNumber(packet: Uint8Array<ArrayBuffer>, key: string, value: number): void {
  const name = [0xa0 + key.length, ...new TextEncoder().encode(key), 0xcb];
  const at = indexOf(packet, name);
  if (at >= 0) new DataView(packet.buffer, packet.byteOffset).setFloat64(at + name.length, value);
}
