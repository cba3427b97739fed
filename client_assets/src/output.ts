/** The strip below a view with what the app printed: plain text, bounded, hidden while empty. */

import type { OutputEntry } from "./protocol.ts";

const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 200_000;
/** Pixels from the end within which the strip counts as scrolled to the end. */
const NEAR_END = 8;

export class OutputStrip {
  readonly element = document.createElement("div");
  readonly #entries: HTMLPreElement[] = [];
  #characters = 0;

  constructor() {
    this.element.className = "flet-output";
    this.element.setAttribute("role", "log");
    this.element.setAttribute("aria-label", "Output of the app");
    this.element.hidden = true;
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "flet-output-clear";
    clear.textContent = "Clear";
    clear.title = "Clear the app's output in this view";
    clear.addEventListener("click", () => this.clear());
    this.element.append(clear);
  }

  append(entries: readonly OutputEntry[]): void {
    if (entries.length === 0) return;
    const { element } = this;
    const followsEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    for (const entry of entries) this.#append(entry);
    this.#trim();
    element.hidden = this.#entries.length === 0;
    if (followsEnd) element.scrollTop = element.scrollHeight;
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
    this.element.append(block);
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
