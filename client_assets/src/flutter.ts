/**
 * The Flutter engine of one page (a window or a frame), in multi-view mode: adds and removes apps.
 *
 * Flet's client, told that it runs with Pyodide, talks through three globals instead of a WebSocket. Here they route
 * each app's packets by its address: the host app to the host session, an embedded one to its channel.
 */

import { bootFlutter } from "./boot.ts";
import type { FlutterApp, FlutterEngine } from "./boot.ts";
import type { CdnHold } from "./cdn-hold.ts";
import { FocusKeeper } from "./focus.ts";
import { isStrayKey } from "./keyboard.ts";
import { isRegister, pack, unpack } from "./packets.ts";
import { pageInfo } from "./page-info.ts";
import { isSame, move, Places, sizeOf } from "./places.ts";
import type { Place } from "./places.ts";
import type { PageInfo, Shell } from "./protocol.ts";
import { rehearsal } from "./rehearsal.ts";
import { HostSession, likeness } from "./shell.ts";
import { whenSized } from "./sized.ts";
import type { Size } from "./surface-sizes.ts";
import { currentBrightness } from "./theme.ts";

/** Where an embedded app's packets go. */
export interface AppChannel {
  /** Flet's client wants to talk; packets for it go to `deliver`. */
  connected(deliver: (packet: Uint8Array) => void): void;
  sent(packet: Uint8Array<ArrayBuffer>): void;
  disconnected(): void;
}

/** An app shown in an element of the page. */
export interface Surface {
  /** End the app and start another in its place, with the app's shell as it is now; the channel is told that one came. */
  remount(shell: Shell): void;
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
  #register: Uint8Array<ArrayBuffer> | null = null;

  constructor(
    readonly address: string,
    private readonly element: HTMLElement,
  ) {}

  /** Pass on to a channel what the app says, and has said. */
  bind(channel: AppChannel): void {
    this.#channel = channel;
    if (this.#deliver) channel.connected(this.#deliver);
    if (this.#register) channel.sent(asIfNew(this.#register, this.element));
    this.#register = null;
  }

  connected(deliver: (packet: Uint8Array) => void): void {
    this.#deliver = deliver;
    this.#channel?.connected(deliver);
  }

  sent(packet: Uint8Array<ArrayBuffer>): void {
    if (!this.#channel) {
      // What it says after registering will be out of date: it is about the place where it waits.
      if (isRegister(packet)) this.#register ??= packet;
    } else if (!isStrayKey(packet, this.element)) this.#channel.sent(packet);
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
  /** What it is like: an app with other assets or another theme has to be another. */
  likeness: string;
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
  readonly #focus = new FocusKeeper(document);

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

  /** Draw an app out of sight, and have a spare one in this size, as if one had been shown already; do nothing if one was. */
  async getReady(shell: Shell, size: Size): Promise<void> {
    await this.boot();
    if (this.#app) return;
    const { host, places } = await this.#begin(shell);
    const place = await places.takeAside(size);
    const socket = this.#start(host, shell, place);
    await new Promise<void>((done) => socket.bind(rehearsal(shell, done)));
    this.#end(host, places, place, socket);
    // Whoever has shown an app meanwhile has seen to a spare one as he needs it.
    if (this.#spareTimer === undefined) await this.#startSpare(host, places, shell, size);
  }

  /** Show an app. The element must have a size: an app in one that has none would never register. */
  async add({ element, shell, channel }: AppRequest, signal: AbortSignal): Promise<Surface> {
    await this.boot();
    // It may have been hidden while the engine was starting.
    await whenSized(element, signal);
    const { host, places } = await this.#begin(shell);
    await whenSized(element, signal);
    const size = sizeOf(element);
    const spare = this.#takeSpare(host, places, shell, size);
    if (spare) move(spare.place, element);
    const place = spare?.place ?? (await places.take(element));
    let socket = spare?.socket ?? this.#start(host, shell, place);
    socket.bind(channel);
    this.#focus.starting();
    let current = shell;
    const startSpare = (): void => this.#startSpareSoon(host, places, current, size);
    startSpare();
    return {
      remount: (fresh) => {
        current = fresh;
        // Another address: the old app says its goodbye after the new one has come.
        this.#sockets.delete(socket.address);
        socket = this.#start(host, fresh, place);
        socket.bind(channel);
      },
      remove: () => {
        this.#end(host, places, place, socket);
        startSpare();
      },
    };
  }

  /**
   * Have the host app run; the first shell is its own. To be called when there is a view to add: an app that has none for a second
   * never begins, not even when it gets one.
   */
  async #begin(shell: Shell): Promise<{ host: HostSession; places: Places }> {
    const engine = await this.boot();
    const host = (this.#host ??= new HostSession(shell));
    this.#app ??= engine.runApp().catch((error: unknown) => {
      this.#app = null;
      throw error;
    });
    const app = await this.#app;
    const places = (this.#places ??= new Places((hostElement) => {
      this.#focus.watch(hostElement);
      return app.addView({ hostElement, initialData: {} });
    }));
    return { host, places };
  }

  /** Start an app in a place, instead of the one that is there. */
  #start(host: HostSession, shell: Shell, place: Place): Socket {
    this.#focus.starting();
    const socket = new Socket(`${EMBEDDED}${++this.#lastSocket}`, place.element);
    this.#sockets.set(socket.address, socket);
    host.show(place.viewId, shell.view, socket.address);
    return socket;
  }

  /** Return the spare app if it has this size and is as this shell wants it; end it if not. */
  #takeSpare(host: HostSession, places: Places, shell: Shell, size: Size): SpareApp | null {
    const spare = this.#spare;
    this.#spare = null;
    if (!spare || (spare.likeness === currentLikeness(shell) && isSame(sizeOf(spare.place.element), size))) return spare;
    this.#end(host, places, spare.place, spare.socket);
    return null;
  }

  /** End the app in a place, and give the place up. */
  #end(host: HostSession, places: Places, place: Place, socket: Socket): void {
    this.#sockets.delete(socket.address);
    host.clear(place.viewId);
    places.release(place);
  }

  /** Start a spare app when the page has been at rest for a moment; `size` is what the next app is likely to have. */
  #startSpareSoon(host: HostSession, places: Places, shell: Shell, size: Size): void {
    clearTimeout(this.#spareTimer);
    if (!this.keepsSpare) return;
    this.#spareTimer = setTimeout(() => {
      if (this.#spare) return;
      if (places.some((element) => this.#focus.isTypingIn(element))) {
        this.#startSpareSoon(host, places, shell, size);
        return;
      }
      void this.#startSpare(host, places, shell, size);
    }, QUIET);
  }

  async #startSpare(host: HostSession, places: Places, shell: Shell, size: Size): Promise<void> {
    const place = await places.takeAside(size);
    if (this.#spare) places.release(place);
    else this.#spare = { place, socket: this.#start(host, shell, place), likeness: currentLikeness(shell) };
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

function currentLikeness(shell: Shell): string {
  return `${currentBrightness()} ${likeness(shell.view)}`;
}

/** The register request of an app that started as a spare, as if it started now. */
function asIfNew(packet: Uint8Array<ArrayBuffer>, element: HTMLElement): Uint8Array<ArrayBuffer> {
  const [action, body] = unpack<{ page: Partial<PageInfo> }>(packet);
  const { width, height, platform_brightness, media } = pageInfo(element);
  Object.assign(body.page, { width, height, platform_brightness, media });
  return pack(action, body);
}
