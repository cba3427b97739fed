/** The strip below a view with what the app printed: plain text, bounded, hidden while empty. */

import type { OutputEntry } from "./protocol.ts";
import { say } from "./words.ts";

const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 200_000;
/** Pixels from the end within which the strip counts as scrolled to the end. */
const NEAR_END = 8;

export class OutputStrip {
  readonly element = document.createElement("div");
  readonly #log = document.createElement("div");
  readonly #bar = document.createElement("button");
  readonly #entries: HTMLPreElement[] = [];
  #characters = 0;

  /** `folds`: the strip has a bar that opens and closes it; an error opens it. */
  constructor(private readonly folds = false) {
    this.element.className = "flet-output";
    this.element.hidden = true;
    this.#log.className = "flet-output-log";
    this.#log.setAttribute("role", "log");
    this.#log.setAttribute("aria-label", say("Output of the app"));
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "flet-output-clear";
    clear.textContent = say("Clear");
    clear.title = say("Clear the app's output in this view");
    clear.addEventListener("click", () => this.clear());
    this.#log.append(clear);
    if (folds) {
      this.#bar.type = "button";
      this.#bar.className = "flet-output-bar";
      this.#bar.textContent = say("Output");
      this.#bar.addEventListener("click", () => this.#open(this.#log.hidden));
      this.element.append(this.#bar);
      this.#open(false);
    }
    this.element.append(this.#log);
  }

  #open(open: boolean): void {
    this.#log.hidden = !open;
    this.#bar.setAttribute("aria-expanded", String(open));
    if (open) this.#log.scrollTop = this.#log.scrollHeight;
  }

  append(entries: readonly OutputEntry[]): void {
    if (entries.length === 0) return;
    const log = this.#log;
    const followsEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
    for (const entry of entries) this.#append(entry);
    this.#trim();
    this.element.hidden = this.#entries.length === 0;
    if (this.folds && entries.some(({ kind }) => kind === "error")) this.#open(true);
    if (followsEnd) log.scrollTop = log.scrollHeight;
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) entry.remove();
    this.#characters = 0;
    this.element.hidden = true;
  }

  #append({ kind, text }: OutputEntry): void {
    const kept = text.length > MAX_CHARACTERS ? text.slice(-MAX_CHARACTERS) : text;
    if (kept === "") return;
    this.#characters += kept.length;
    const last = this.#entries.at(-1);
    // A program prints a line in pieces; one stream's pieces belong to one block until its line ends.
    if (last && last.dataset["kind"] === kind && kind !== "error" && !last.textContent?.endsWith("\n")) {
      last.append(kept);
      return;
    }
    const block = document.createElement("pre");
    block.dataset["kind"] = kind;
    if (kind === "error") block.classList.add("flet-output-error");
    block.textContent = kept;
    this.#entries.push(block);
    this.#log.append(block);
  }

  #trim(): void {
    while (this.#entries.length > MAX_ENTRIES || (this.#characters > MAX_CHARACTERS && this.#entries.length > 1)) {
      const oldest = this.#entries.shift();
      if (!oldest) return;
      this.#characters -= oldest.textContent?.length ?? 0;
      oldest.remove();
    }
    const only = this.#entries[0];
    if (only && this.#characters > MAX_CHARACTERS) {
      only.textContent = (only.textContent ?? "").slice(-MAX_CHARACTERS);
      this.#characters = only.textContent.length;
    }
  }
}
