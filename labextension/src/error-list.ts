/** The last errors of a panel: what was raised, and its traceback when it is opened. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { PanelError } from "./errors";

export class ErrorList extends Widget {
  readonly #list = document.createElement("div");
  readonly #empty = document.createElement("div");
  #shown: readonly PanelError[] = [];

  constructor(trans: TranslationBundle) {
    super();
    this.addClass("jp-FletErrors");
    this.title.label = trans.__("Last Errors");
    this.#empty.className = "jp-FletInspector-empty";
    this.#empty.textContent = trans.__("None so far.");
    this.node.append(this.#empty, this.#list);
  }

  /** Show errors, given with the oldest first, the newest on top. */
  set(errors: readonly PanelError[]): void {
    const known = new Map(this.#shown.map((error, place) => [error, this.#list.children[this.#shown.length - 1 - place]]));
    this.#shown = errors;
    this.#empty.hidden = errors.length > 0;
    // Those that are open stay so.
    this.#list.replaceChildren(...[...errors].reverse().map((error) => known.get(error) ?? newItem(error)));
  }
}

function newItem({ time, summary, text }: PanelError): Element {
  const item = document.createElement("details");
  const head = document.createElement("summary");
  const clock = document.createElement("time");
  clock.dateTime = time.toISOString();
  clock.textContent = time.toLocaleTimeString();
  const traceback = document.createElement("pre");
  traceback.textContent = text;
  head.append(summary, clock);
  item.append(head, traceback);
  return item;
}
