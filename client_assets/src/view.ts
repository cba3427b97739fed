/** The elements of one view: the app's stage, the message over it, the badge, the resize bar and the output strip. */

import { ownKeys } from "./keyboard.ts";
import { OutputStrip } from "./output.ts";
import { resizeHandle } from "./resize-handle.ts";
import { ensureStyles } from "./styles.ts";
import { say } from "./words.ts";

export type ViewState = "loading" | "live" | "reconnecting" | "closed" | "failed";

/** The height while nobody has said another. CSS pixels. */
export const DEFAULT_HEIGHT = 400;

export class View {
  readonly element = document.createElement("div");
  /** The element that Flutter takes over. */
  readonly stage = document.createElement("div");
  readonly output: OutputStrip;
  readonly #host = document.createElement("div");
  readonly #message = document.createElement("div");
  readonly #badge = document.createElement("div");
  readonly #note = document.createElement("div");
  #tools: HTMLElement | null = null;
  #askedHeight: number | null = null;
  #contentHeight: number | null = null;
  #draggedHeight: number | null = null;

  /** `fills`: the view is as large as the element that it is put into, and has no height of its own. */
  constructor(private readonly fills = false) {
    ensureStyles(document);
    this.element.className = "flet-widget";
    this.element.classList.toggle("flet-fills", fills);
    this.output = new OutputStrip(fills);
    this.#host.className = "flet-view";
    ownKeys(this.#host);
    this.stage.className = "flet-stage";
    this.#message.className = "flet-message";
    this.#message.setAttribute("role", "status");
    this.#badge.className = "flet-badge";
    this.#badge.setAttribute("role", "status");
    this.#badge.hidden = true;
    this.#note.className = "flet-note";
    this.#note.hidden = true;
    this.#host.append(this.stage, this.#message, this.#badge);
    this.element.append(this.#host, ...(fills ? [] : [this.#resizeHandle()]), this.#note, this.output.element);
    this.setState("loading", "");
    this.#applyHeight();
  }

  /** Put buttons over the corner of the app, instead of those that are there; null takes them away. */
  setTools(tools: HTMLElement | null): void {
    this.#tools?.remove();
    this.#tools = tools;
    // First, so that a key that goes on leads from them into the app.
    if (tools) this.element.prepend(tools);
  }

  #resizeHandle(): HTMLElement {
    return resizeHandle({
      height: () => this.#host.getBoundingClientRect().height,
      resize: (height) => {
        this.#draggedHeight = height;
        this.#applyHeight();
      },
      resizing: (active) => this.element.toggleAttribute("data-resizing", active),
    });
  }

  setState(state: ViewState, message: string): void {
    this.#host.dataset["fletState"] = state;
    if (state === "live") this.#host.classList.add("flet-painted");
    this.stage.inert = state !== "live";
    if (this.#message.textContent !== message) this.#message.textContent = message;
  }

  /** Give the keyboard to the app, unless it has it. */
  focus(): void {
    if (this.stage.contains(document.activeElement)) return;
    this.stage.querySelector<HTMLElement>("flutter-view")?.focus({ preventScroll: true });
  }

  /** A short text over the corner of the app; empty takes it away. */
  setBadge(text: string): void {
    this.#badge.textContent = text;
    this.#badge.hidden = text === "";
  }

  /** A line below the app; empty takes it away. */
  setNote(text: string): void {
    this.#note.textContent = text;
    this.#note.hidden = text === "";
  }

  setLabel(label: string): void {
    this.#host.setAttribute("role", "group");
    this.#host.setAttribute("aria-label", label || say("Flet app"));
  }

  /** The size that the notebook's author asked for; null is automatic. CSS pixels. */
  setAskedSize(width: number | null, height: number | null): void {
    this.element.style.width = width === null ? "" : `${width}px`;
    this.#askedHeight = height;
    this.#applyHeight();
  }

  /** The height of the app's content, for a view of automatic height. CSS pixels. */
  setContentHeight(height: number | null): void {
    this.#contentHeight = height;
    this.#applyHeight();
  }

  #applyHeight(): void {
    if (this.fills) return;
    const height = this.#draggedHeight ?? this.#askedHeight ?? this.#contentHeight ?? DEFAULT_HEIGHT;
    this.#host.style.height = `${height}px`;
  }
}
