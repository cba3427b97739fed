/** One shown app: ties a widget model's messages, a link, the elements of a view and the Flutter engine together. */

import { otherVersion, prepare, show } from "./engine.ts";
import { AppFiles, notebookPath } from "./files.ts";
import type { Surface } from "./flutter.ts";
import { watchKernel } from "./jupyter.ts";
import type { KernelState, KernelWatch } from "./jupyter.ts";
import { Link } from "./link.ts";
import type { LinkCounters } from "./link.ts";
import { isLite } from "./lite.ts";
import { Mount } from "./mount.ts";
import { pageInfo } from "./page-info.ts";
import { framesPainted } from "./painted.ts";
import type { FromKernel, Look, OutputEntry, Shell, ToKernel, ToLink } from "./protocol.ts";
import { registry } from "./registry.ts";
import { likeness, withAssets } from "./shell.ts";
import { whenSized } from "./sized.ts";
import { View } from "./view.ts";
import type { ViewState } from "./view.ts";
import { CELL, say } from "./words.ts";
import type { Wording } from "./words.ts";
import { haveTokens } from "./xsrf.ts";

/** The part of an anywidget model that is used here. */
export interface WidgetModel {
  get(name: string): unknown;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name?: string | null, callback?: ((...args: never[]) => void) | null): void;
  send(content: unknown, callbacks?: unknown, buffers?: (ArrayBuffer | ArrayBufferView)[]): void;
  widget_manager?: unknown;
}

/** A widget's element is put into the document after `render`; wait so long for its size. Milliseconds. */
const LAYOUT_PATIENCE = 150;
/** A kernel that says it is idle and has not answered for so long does not know the app. Milliseconds. */
const IDLE_PATIENCE = 20_000;

type Opened = Extract<ToLink, { op: "opened" }>;

/** In the browser a kernel has no second thread that could take an interrupt. */
const waiting = (): string =>
  isLite()
    ? say("Waiting for the kernel: it is busy, and does one thing at a time. Wait for what runs in it, or restart it.")
    : say(
        "Waiting for the kernel: it is busy, and this front end cannot reach it meanwhile. Wait for the running cell, or interrupt it.",
      );

const browserClock = {
  get now(): number {
    return performance.now();
  },
  setTimeout: (callback: () => void, milliseconds: number): unknown => setTimeout(callback, milliseconds),
  clearTimeout: (timer: unknown): void => clearTimeout(timer as number),
};

/** What a page is called. */
export interface PageTitle {
  title: string;
  /** The URL of a picture among its assets; empty if it has none. */
  icon: string;
}

/** Where a view is, and what that asks of it. */
export interface Surroundings {
  /** The Jupyter server's base URL: a path that begins and ends with a slash. */
  baseUrl: string;
  /** Whether the view fills its element, instead of having a height of its own. */
  fills?: boolean;
  wording?: Wording;
  /** Tells what the kernel is doing; by default what the model's widget manager knows. */
  watch?: KernelWatch;
  /** How the app should look, unless it has its own ideas. */
  look?: Look;
  /** Called when the state or what is said about it changes; `waiting` while the kernel does not answer. */
  changed?(state: ViewState, message: string, waiting: boolean): void;
  /** Called with the page's title and icon, and when they change. */
  titled?(title: PageTitle): void;
  /** Called when the app's file has changed since it was run. */
  outdated?(): void;
  /** Called with what the app prints. */
  printed?(entries: readonly OutputEntry[]): void;
  /** What the app's file printed before there was an app: it stands above what the app prints. */
  preface?(): readonly OutputEntry[];
}

export class AppView {
  readonly view: View;
  readonly #link: Link;
  readonly #life = new AbortController();
  readonly #version: string;
  #model: WidgetModel;
  #unsubscribe: () => void = () => {};
  #surface: Surface | null = null;
  /** What the app is shown with, as the kernel has said last: a new version may have other assets. */
  #shell: Shell | null = null;
  readonly #mount: Mount;
  #painting = false;
  #painted = false;
  #waiting = false;
  #failure = "";
  #kernel: KernelState = { kind: "connected", idle: false };
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #lastWidth = 0;
  #icon = "";
  readonly #wording: Wording;

  constructor(
    model: WidgetModel,
    private readonly around: Surroundings,
  ) {
    this.view = new View(around.fills);
    this.#wording = around.wording ?? CELL;
    this.#model = model;
    this.#version = String(model.get("flet_version") ?? "");
    this.#link = new Link(
      (content, packet) => this.#send(content, packet),
      {
        opened: (message) => this.#opened(message),
        packet: (packet, base) => this.#mount.receive(packet, base),
        waiting: (waiting) => {
          this.#waiting = waiting;
          this.#refresh();
        },
        failed: (message) => this.#fail(message),
        forgotten: () => this.#fail(say(this.#wording.forgotten)),
      },
      browserClock,
      { user_agent: navigator.userAgent, ...(around.look && { look: around.look }) },
    );
    this.#mount = new Mount({
      send: (packet) => this.#link.sendPacket(packet),
      remount: () => this.#shell && this.#surface?.remount(this.#shell),
      shown: () => this.#shown(),
    });
    registry().links.add(this.#link);
  }

  /** The width when the view was last laid out. CSS pixels. */
  get lastWidth(): number {
    return this.#lastWidth;
  }

  /** What has gone between this view and its kernel. */
  get counters(): Readonly<LinkCounters> {
    return this.#link.counters;
  }

  /** Subscribe to the model and tell the kernel of the view. Returns at once. */
  start(): void {
    this.#subscribe();
    this.#readTraits();
    const watch = this.around.watch ?? watchKernel(this.#model.widget_manager);
    watch((state) => this.#kernelChanged(state), this.#life.signal);
    const onPageHide = (event: PageTransitionEvent): void => {
      // A page that the browser keeps for "back" goes on with the same link.
      if (!event.persisted) this.#link.close();
    };
    addEventListener("pagehide", onPageHide, { signal: this.#life.signal });
    this.#watchSize();
    if (this.#model.get("closed")) return;
    prepare(this.around.baseUrl, this.#version);
    this.#noteOtherVersion();
    const patience = AbortSignal.any([this.#life.signal, AbortSignal.timeout(LAYOUT_PATIENCE)]);
    whenSized(this.view.stage, patience)
      .catch(() => {})
      .finally(() => this.#link.open(pageInfo(this.view.stage)));
  }

  /** Go on with the model of another rendering: anywidget drops all listeners of a view that is disposed. */
  adopt(model: WidgetModel): void {
    this.#unsubscribe();
    this.#model = model;
    this.#subscribe();
    this.#readTraits();
    // Messages that came meanwhile were not heard; the acknowledgement in a ping tells the kernel.
    this.#link.ping();
  }

  dispose(): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    clearTimeout(this.#idleTimer);
    this.#unsubscribe();
    this.#link.close();
    registry().links.delete(this.#link);
    this.#surface?.remove();
    this.view.element.remove();
  }

  #subscribe(): void {
    const model = this.#model;
    const onMessage = (content: FromKernel, buffers: (DataView | ArrayBuffer)[] = []): void =>
      this.#receive(content, buffers[0]);
    const onTraits = (): void => this.#readTraits();
    const traits = "change:closed change:height change:width change:label";
    model.on("msg:custom", onMessage);
    model.on(traits, onTraits);
    this.#unsubscribe = () => {
      model.off("msg:custom", onMessage);
      model.off(traits, onTraits);
    };
  }

  #send(content: ToKernel, packet?: Uint8Array<ArrayBuffer>): void {
    try {
      this.#model.send(content, undefined, packet ? [packet.buffer] : []);
    } catch {
      // The front end has closed the comm: the widget or its kernel is gone, which is told by other ways.
    }
  }

  #receive(content: FromKernel, buffer: DataView | ArrayBuffer | undefined): void {
    switch (content.op) {
      case "output":
        this.view.output.append(content.entries);
        // What comes before the greeting is in the greeting too.
        if (this.#shell) this.around.printed?.(content.entries);
        break;
      case "clear_output":
        this.view.output.clear();
        break;
      case "height":
        this.view.setContentHeight(content.height);
        break;
      case "title":
        this.#tellTitle(content.title);
        break;
      case "outdated":
        this.around.outdated?.();
        break;
      default:
        this.#link.receive(content, buffer && bytesOf(buffer));
    }
  }

  #readTraits(): void {
    const model = this.#model;
    this.view.setLabel(String(model.get("label") ?? ""));
    this.view.setAskedSize(pixels(model.get("width")), pixels(model.get("height")));
    if (model.get("closed")) this.#link.close();
    this.#refresh();
  }

  #opened(message: Opened): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.view.output.clear();
    this.view.output.append([...(this.around.preface?.() ?? []), ...message.output]);
    if (!this.#shell) this.around.printed?.(message.output);
    if (message.height !== null) this.view.setContentHeight(message.height);
    const isFirst = this.#shell === null;
    this.#shell = this.#withFiles(message);
    this.#tellTitle(message.title);
    if (isFirst) void this.#show(this.#shell);
    this.#refresh();
  }

  #tellTitle(title: string): void {
    this.around.titled?.({ title, icon: this.#icon });
  }

  #withFiles({ shell, files }: Opened): Shell {
    if (!files) return shell;
    const app = new AppFiles(files, notebookPath(this.#model.widget_manager), this.around.baseUrl);
    void app.complaint().then((text) => text && this.view.setNote(text));
    void app.uploadGrant().then((grant) => grant && this.#link.tellUploads(grant));
    const url = app.assetsUrl;
    this.#icon = url !== null && files.icon ? url + files.icon : "";
    if (url === null) return shell;
    haveTokens(url);
    return withAssets(shell, url);
  }

  async #show(shell: Shell): Promise<void> {
    const { signal } = this.#life;
    try {
      await whenSized(this.view.stage, signal);
      const surface = await show(
        {
          element: this.view.stage,
          shell,
          channel: {
            connected: (deliver) => this.#mount.connected(deliver),
            sent: (packet) => this.#mount.sent(packet),
            disconnected: () => this.#mount.disconnected(),
          },
        },
        this.around.baseUrl,
        this.#version,
        signal,
      );
      if (signal.aborted) {
        surface.remove();
        return;
      }
      this.#surface = surface;
      // There may be a new version since. Later ones are mounted with what belongs to them.
      if (this.#shell && likeness(this.#shell.view) !== likeness(shell.view)) surface.remount(this.#shell);
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(`The app cannot be shown. ${reason} When that is put right, reload this page.`);
    }
  }

  #shown(): void {
    if (this.#painted || this.#painting) return;
    this.#painting = true;
    void framesPainted().then(() => {
      this.#painted = true;
      this.#refresh();
    });
  }

  #kernelChanged(state: KernelState): void {
    const before = this.#kernel.kind;
    this.#kernel = state;
    if (state.kind === "gone") this.#link.close();
    else if (state.kind === "connected") {
      if (before === "reconnecting") this.#link.ping();
      this.#watchIdle(state.idle);
    }
    this.#refresh();
  }

  /** A saved notebook shows widgets whose app ended long ago: their kernel is idle, yet it never answers. */
  #watchIdle(idle: boolean): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (!idle || this.#link.isOpen || this.#link.isClosed) return;
    this.#idleTimer = setTimeout(() => {
      if (!this.#link.isOpen) this.#fail(say(this.#wording.forgotten));
    }, IDLE_PATIENCE);
  }

  #fail(message: string): void {
    this.#failure = message;
    this.#link.close();
    this.#refresh();
  }

  #refresh(): void {
    const closed = String(this.#model.get("closed") ?? "");
    const { view } = this;
    const isLive = this.#painted && this.#kernel.kind === "connected" && !closed && !this.#failure;
    view.setBadge(isLive && this.#waiting ? waiting() : "");
    if (closed) this.#setState("closed", closed);
    else if (this.#kernel.kind === "gone") this.#setState("closed", this.#kernel.message);
    else if (this.#failure) this.#setState("failed", this.#failure);
    else if (this.#kernel.kind === "reconnecting") this.#setState("reconnecting", this.#kernel.message);
    else if (isLive) this.#setState("live", "");
    else this.#setState("loading", this.#waiting ? waiting() : say(this.#wording.starting));
  }

  #setState(state: ViewState, message: string): void {
    this.view.setState(state, message);
    this.around.changed?.(state, message, this.#waiting);
  }

  #noteOtherVersion(): void {
    const running = otherVersion(this.#version);
    if (!running) return;
    this.view.setNote(
      `This cell uses Flet ${this.#version}; the page already runs Flet ${running}, so it is shown in a frame of its own.`,
    );
  }

  /** Remember the width, for when the view is taken out of the page. */
  #watchSize(): void {
    const observer = new ResizeObserver(() => {
      const { width } = this.view.element.getBoundingClientRect();
      if (width > 0) this.#lastWidth = width;
    });
    observer.observe(this.view.element);
    this.#life.signal.addEventListener("abort", () => observer.disconnect());
  }
}

function pixels(value: unknown): number | null {
  return typeof value === "number" && value > 0 ? value : null;
}

function bytesOf(buffer: DataView | ArrayBuffer): Uint8Array {
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
