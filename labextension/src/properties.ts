/** The properties of the control that is selected, and a button that makes it blink. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { setAttribute, setHidden, setText } from "./dom";
import type { Details, Property } from "./inspection";

export class Properties extends Widget {
  readonly #name = document.createElement("span");
  readonly #button = document.createElement("button");
  readonly #head = document.createElement("div");
  readonly #table = document.createElement("table");
  readonly #body = document.createElement("tbody");
  readonly #empty = document.createElement("div");
  #shown: Details | null = null;

  /** `highlight` makes a control blink. */
  constructor(
    private readonly trans: TranslationBundle,
    highlight: (id: number) => void,
  ) {
    super();
    this.addClass("jp-FletProperties");
    this.title.label = trans.__("Properties");
    this.#head.className = "jp-FletProperties-head";
    this.#name.className = "jp-FletProperties-name";
    this.#button.type = "button";
    this.#button.className = "jp-Button jp-mod-styled jp-mod-minimal";
    this.#button.textContent = trans.__("Highlight");
    this.#button.addEventListener("click", () => {
      if (this.#shown && !this.#shown.fixed) highlight(this.#shown.id);
    });
    this.#head.append(this.#name, this.#button);
    this.#table.setAttribute("aria-label", trans.__("Properties that differ from their defaults"));
    this.#table.append(this.#body);
    this.#empty.className = "jp-FletInspector-empty";
    this.node.append(this.#head, this.#table, this.#empty);
    this.set(null);
  }

  /** Show what is told of a control; null if none is selected, or it `isGone`. */
  set(details: Details | null, isGone = false): void {
    const { trans } = this;
    this.#shown = details;
    for (const part of [this.#head, this.#table]) setHidden(part, details === null);
    setHidden(this.#empty, details !== null && details.properties.length > 0);
    setText(
      this.#empty,
      details
        ? trans.__("All properties have their defaults.")
        : isGone
          ? trans.__("This control is not on the page any more.")
          : trans.__("Select a control to see its properties."),
    );
    if (!details) return;
    setText(this.#name, `${details.type} #${details.id}`);
    // Not `disabled`: what is disabled cannot be reached by the keyboard, and nobody would be told why.
    setAttribute(this.#button, "aria-disabled", String(details.fixed !== ""));
    setAttribute(this.#button, "title", this.#reason(details.fixed));
    this.#fill(details.properties);
  }

  #reason(fixed: Details["fixed"]): string {
    switch (fixed) {
      case "no_opacity":
        return this.trans.__("This control has no opacity of its own that could be changed to highlight it.");
      case "hidden":
        return this.trans.__("This control is not visible.");
      default:
        return this.trans.__("Let the control blink in the app");
    }
  }

  #fill(properties: Property[]): void {
    const body = this.#body;
    while (body.childElementCount > properties.length) body.lastElementChild?.remove();
    for (const [place, { name, value, kind }] of properties.entries()) {
      const row = (body.children[place] as HTMLElement | undefined) ?? body.appendChild(newRow());
      setAttribute(row, "data-kind", kind);
      const [head, cell] = [...row.children];
      if (head) setText(head, name);
      if (cell) setText(cell, value);
    }
  }
}

function newRow(): HTMLElement {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  row.append(head, document.createElement("td"));
  return row;
}
