/** The line that stands in a cell for an app that is shown elsewhere. */

import { ensureStyles } from "./styles.ts";

/** A way on: a button, or a link to another tab of the browser. */
export type Way = { label: string; run(): void } | { label: string; url: string; target: string };

export class Placeholder {
  readonly element = document.createElement("div");

  constructor() {
    ensureStyles(document);
    this.element.className = "flet-placeholder";
    this.element.setAttribute("role", "status");
  }

  say(text: string, ways: readonly Way[]): void {
    const message = document.createElement("span");
    message.textContent = text;
    this.element.replaceChildren(message, ...ways.map(wayOn));
  }
}

function wayOn(way: Way): HTMLElement {
  const element = document.createElement("url" in way ? "a" : "button");
  element.textContent = way.label;
  // Enter here must not also edit the cell.
  element.dataset["lmSuppressShortcuts"] = "true";
  if ("run" in way) element.addEventListener("click", way.run);
  if (element instanceof HTMLAnchorElement && "url" in way) {
    element.href = way.url;
    element.target = way.target;
  }
  return element;
}
