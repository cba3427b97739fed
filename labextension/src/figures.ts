/** Who looks at an app, and what goes between it and this page. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { setText } from "./dom";
import type { LinkCounters } from "./engine";

/** Less is too short to tell what happens in a second. Milliseconds. */
const LEAST_TIME = 800;

interface Reading extends Pick<LinkCounters, "packetsIn" | "packetsOut" | "bytesIn" | "bytesOut"> {
  time: number;
}

type Cell = "sessions" | "clients" | "packetsIn" | "packetsOut" | "bytesIn" | "bytesOut" | "allIn" | "allOut" | "sumIn" | "sumOut";

export class Figures extends Widget {
  readonly #cells = new Map<Cell, HTMLElement>();
  readonly #number: Intl.NumberFormat;
  readonly #locale: string | undefined;
  #last: Reading | null = null;

  /** `language` is the Lab's. */
  constructor(trans: TranslationBundle, language: string) {
    super();
    this.addClass("jp-FletFigures");
    this.title.label = trans.__("Sessions and Traffic");
    this.#locale = locale(language);
    this.#number = new Intl.NumberFormat(this.#locale, { maximumFractionDigits: 1 });
    const head = [
      this.#row(trans.__("Sessions of this file"), "sessions"),
      this.#row(trans.__("Places that show them"), "clients"),
    ];
    const traffic = [
      headings(["", trans.__("From app"), trans.__("To app")]),
      this.#row(trans.__("Packets/s"), "packetsIn", "packetsOut"),
      this.#row(trans.__("Bytes/s"), "bytesIn", "bytesOut"),
      this.#row(trans.__("All packets"), "allIn", "allOut"),
      this.#row(trans.__("All bytes"), "sumIn", "sumOut"),
    ];
    this.node.append(table(trans.__("Sessions"), head), table(trans.__("Traffic with this panel"), traffic));
    this.clear();
  }

  setSessions(sessions: number, clients: number): void {
    this.#set("sessions", this.#number.format(sessions));
    this.#set("clients", this.#number.format(clients));
  }

  /** Show the counters of the panel's link; they count from its beginning. */
  setCounters({ packetsIn, packetsOut, bytesIn, bytesOut }: Readonly<LinkCounters>): void {
    const now: Reading = { time: performance.now(), packetsIn, packetsOut, bytesIn, bytesOut };
    this.#set("allIn", this.#number.format(packetsIn));
    this.#set("allOut", this.#number.format(packetsOut));
    this.#set("sumIn", this.#bytes(bytesIn));
    this.#set("sumOut", this.#bytes(bytesOut));
    const last = this.#last;
    if (!last || packetsIn < last.packetsIn || packetsOut < last.packetsOut) {
      this.#last = now;
      return;
    }
    const seconds = (now.time - last.time) / 1000;
    if (seconds * 1000 < LEAST_TIME) return;
    this.#last = now;
    this.#set("packetsIn", this.#number.format((packetsIn - last.packetsIn) / seconds));
    this.#set("packetsOut", this.#number.format((packetsOut - last.packetsOut) / seconds));
    this.#set("bytesIn", this.#bytes((bytesIn - last.bytesIn) / seconds));
    this.#set("bytesOut", this.#bytes((bytesOut - last.bytesOut) / seconds));
  }

  clear(): void {
    this.#last = null;
    for (const cell of this.#cells.values()) setText(cell, "–");
  }

  #row(label: string, ...names: Cell[]): HTMLElement {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = label;
    row.append(head);
    for (const name of names) {
      const cell = document.createElement("td");
      cell.dataset["figure"] = name;
      this.#cells.set(name, cell);
      row.append(cell);
    }
    return row;
  }

  #set(name: Cell, text: string): void {
    const cell = this.#cells.get(name);
    if (cell) setText(cell, text);
  }

  #bytes(count: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    let size = count;
    let unit = 0;
    for (; size >= 1000 && unit < units.length - 1; unit += 1) size /= 1000;
    const digits = unit > 0 ? 1 : 0;
    const style = { style: "unit", unit: units[unit] ?? "byte", unitDisplay: "narrow", maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(this.#locale, style).format(size);
  }
}

function headings(labels: string[]): HTMLElement {
  const row = document.createElement("tr");
  for (const label of labels) {
    const cell = document.createElement(label ? "th" : "td");
    if (label) (cell as HTMLTableCellElement).scope = "col";
    cell.textContent = label;
    row.append(cell);
  }
  return row;
}

function table(label: string, rows: HTMLElement[]): HTMLElement {
  const element = document.createElement("table");
  element.setAttribute("aria-label", label);
  element.append(...rows);
  return element;
}

/** A language as JupyterLab names it, as the browser does; undefined if the browser does not know it. */
function locale(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language.replace("_", "-"))[0];
  } catch {
    return undefined;
  }
}
