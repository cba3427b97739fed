/** The controls of an app as a tree, of which is known only what was opened, and is kept up to date only what is seen. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { UUID } from "@lumino/coreutils";
import { setAttribute, setText } from "./dom";
import { MAX_ROWS } from "./inspection";
import type { ControlNode, Look, Range, Rows } from "./inspection";

const PAGE = 1;
/** Controls beyond the known ones of a list that are asked for, in case there are more by now. */
const SPARE = 50;
/** CSS pixels, before there is a row to measure. */
const ROW_HEIGHT = 22;

interface Row {
  /** The control; for "more", the one that has more in it. */
  readonly node: ControlNode;
  readonly level: number;
  /** The place of its parent among the rows; -1 for the page. */
  readonly parent: number;
  /** Its place in its parent. */
  readonly index: number;
  /** How many are in the parent. */
  readonly size: number;
  /** How many more there are; 0 for a control. */
  readonly more: number;
}

/** What the owner of a tree wants to hear. */
export interface TreeEvents {
  /** Another control was selected. */
  selected(): void;
  /** Something is seen that is not known. */
  needed(): void;
}

export class ControlTree {
  readonly element = document.createElement("div");
  readonly #prefix = `jp-FletTree-${UUID.uuid4()}-`;
  readonly #nodes = new Map<number, ControlNode>();
  readonly #children = new Map<number, number[]>();
  readonly #totals = new Map<number, number>();
  readonly #open = new Set<number>([PAGE]);
  readonly #more = new Set<number>();
  #rows: Row[] = [];
  #session = "";
  /** The row that the keyboard is at: a control, or what follows the known ones in it. */
  #cursor: { readonly id: number; readonly isMore: boolean } | null = null;
  #selected = 0;

  constructor(
    private readonly trans: TranslationBundle,
    private readonly events: TreeEvents,
  ) {
    const { element } = this;
    element.className = "jp-FletTree";
    element.tabIndex = 0;
    element.setAttribute("role", "tree");
    element.setAttribute("aria-label", trans.__("Controls of the app"));
    element.addEventListener("click", (event) => this.#clicked(event));
    element.addEventListener("keydown", (event) => this.#pressed(event));
    element.addEventListener("scroll", () => events.needed());
  }

  /** The number of the control that is selected; 0 if none is. */
  get selected(): number {
    return this.#selected;
  }

  /** What has to be asked to show what is in sight. */
  wanted(): Range[] {
    // What is not known comes first: one answer has only so many rows.
    const wanted: Range[] = [...this.#more].map((id) => [id, this.#known(id), MAX_ROWS]);
    const seen = new Map<number, [first: number, last: number]>();
    for (const { node, parent, index, more } of this.#visible()) {
      if (more) continue;
      const owner = this.#rows[parent]?.node.id;
      if (owner !== undefined) seen.set(owner, [seen.get(owner)?.[0] ?? index, index]);
      if (this.#open.has(node.id) && this.#known(node.id) === 0) wanted.push([node.id, 0, MAX_ROWS]);
    }
    for (const [id, [first, last]] of seen) {
      const isWhole = last + 1 === this.#known(id) && last + 1 >= (this.#totals.get(id) ?? 0);
      wanted.push([id, first, last + 1 - first + (isWhole ? SPARE : 0)]);
    }
    return wanted;
  }

  /** Show what the kernel has told. */
  show({ session, page, rows }: Look): void {
    if (session !== this.#session) this.clear();
    this.#session = session;
    this.#nodes.set(PAGE, page);
    for (const part of rows) this.#take(part);
    this.#more.clear();
    this.#draw();
  }

  /** Forget everything. */
  clear(): void {
    for (const map of [this.#nodes, this.#children, this.#totals]) map.clear();
    this.#open.clear();
    this.#open.add(PAGE);
    this.#more.clear();
    this.#session = "";
    this.#cursor = null;
    this.#selected = 0;
    this.#draw();
  }

  #take({ of, start, total, nodes }: Rows): void {
    const children = this.#children.get(of) ?? [];
    if (start > children.length) return; // it has shrunk since this was asked
    for (const [place, node] of nodes.entries()) {
      children[start + place] = node.id;
      // What people look for is in the views.
      if (of === PAGE && node.type === "View" && !this.#nodes.has(node.id)) this.#open.add(node.id);
      this.#nodes.set(node.id, node);
    }
    children.length = Math.min(children.length, total);
    this.#children.set(of, children);
    this.#totals.set(of, total);
  }

  #known(id: number): number {
    return this.#children.get(id)?.length ?? 0;
  }

  // -- rows --------------------------------------------------------------------------------------

  #draw(): void {
    this.#rows = [];
    const page = this.#nodes.get(PAGE);
    if (page) this.#add(page, 1, -1, 0, 1);
    this.#forget();
    const { element } = this;
    while (element.childElementCount > this.#rows.length) element.lastElementChild?.remove();
    for (const [place, row] of this.#rows.entries()) {
      let line = element.children[place] as HTMLElement | undefined;
      if (!line) {
        line = newLine(`${this.#prefix}${place}`);
        element.append(line);
      }
      this.#fill(line, row);
    }
    const cursor = this.#cursorPlace();
    setAttribute(element, "aria-activedescendant", cursor < 0 ? null : `${this.#prefix}${cursor}`);
  }

  #add(node: ControlNode, level: number, parent: number, index: number, size: number): void {
    const place = this.#rows.length;
    this.#rows.push({ node, level, parent, index, size, more: 0 });
    if (!this.#open.has(node.id)) return;
    const children = this.#children.get(node.id) ?? [];
    const total = this.#totals.get(node.id) ?? children.length;
    for (const [number, id] of children.entries()) {
      const child = this.#nodes.get(id);
      if (child) this.#add(child, level + 1, place, number, total);
    }
    const more = total - children.length;
    if (more > 0 && children.length > 0) {
      this.#rows.push({ node, level: level + 1, parent: place, index: children.length, size: total, more });
    }
  }

  /** Forget controls that are gone: an app may make new ones all the time. */
  #forget(): void {
    if (this.#nodes.size <= 2 * this.#rows.length + 1_000) return;
    const kept = new Set(this.#rows.map(({ node }) => node.id));
    for (const map of [this.#nodes, this.#children, this.#totals]) {
      for (const id of [...map.keys()]) if (!kept.has(id)) map.delete(id);
    }
    for (const id of [...this.#open]) if (!kept.has(id)) this.#open.delete(id);
  }

  #fill(line: HTMLElement, row: Row): void {
    const { node, level, index, size, more } = row;
    const isOpen = this.#open.has(node.id);
    const opens = !more && (node.count > 0 || this.#known(node.id) > 0);
    const isCursor = this.#isCursor(row);
    setAttribute(line, "style", `--jp-flet-level: ${level - 1}`);
    line.classList.toggle("jp-mod-selected", isCursor);
    line.classList.toggle("jp-mod-hidden", !more && node.hidden === true);
    line.classList.toggle("jp-mod-more", more > 0);
    setAttribute(line, "aria-level", String(level));
    setAttribute(line, "aria-posinset", String(index + 1));
    setAttribute(line, "aria-setsize", String(size));
    setAttribute(line, "aria-selected", String(isCursor));
    setAttribute(line, "aria-expanded", opens ? String(isOpen) : null);
    const texts = more
      ? ["", this.trans.__("more… (%1)", more), "", ""]
      : ["", node.type, node.text, node.count > 0 ? String(node.count) : ""];
    for (const [place, text] of texts.entries()) {
      const part = line.children[place];
      if (part) setText(part, text);
    }
    setAttribute(line, "title", !more && node.text ? node.text : null);
  }

  #visible(): Row[] {
    const { element } = this;
    const first = element.firstElementChild as HTMLElement | null;
    const height = first?.offsetHeight || ROW_HEIGHT;
    const from = Math.max(0, Math.floor(element.scrollTop / height));
    return this.#rows.slice(from, from + Math.ceil(element.clientHeight / height) + 1);
  }

  // -- the keyboard and the mouse ------------------------------------------------------------------

  #isCursor({ node, more }: Row): boolean {
    const cursor = this.#cursor;
    return cursor !== null && cursor.id === node.id && cursor.isMore === more > 0;
  }

  #cursorPlace(): number {
    return this.#rows.findIndex((row) => this.#isCursor(row));
  }

  #go(place: number): void {
    const row = this.#rows[place];
    if (!row) return;
    const { node, more } = row;
    this.#cursor = { id: node.id, isMore: more > 0 };
    const before = this.#selected;
    if (!more) this.#selected = node.id;
    this.#draw();
    this.element.children[place]?.scrollIntoView({ block: "nearest" });
    if (this.#selected !== before) this.events.selected();
  }

  #setOpen({ node }: Row, isOpen: boolean): void {
    if (isOpen) this.#open.add(node.id);
    else this.#open.delete(node.id);
    this.#draw();
    this.events.needed();
  }

  #askMore({ node }: Row): void {
    this.#more.add(node.id);
    this.events.needed();
  }

  #clicked(event: MouseEvent): void {
    const line = (event.target as Element).closest(".jp-FletTree-row");
    if (!line) return;
    const place = [...this.element.children].indexOf(line);
    const row = this.#rows[place];
    if (!row) return;
    if (row.more) this.#askMore(row);
    else if ((event.target as Element).matches(".jp-FletTree-caret")) this.#setOpen(row, !this.#open.has(row.node.id));
    else this.#go(place);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const place = this.#cursorPlace();
    const row = this.#rows[place];
    const isOpen = row !== undefined && !row.more && this.#open.has(row.node.id);
    switch (event.key) {
      case "ArrowDown":
        this.#go(Math.min(place + 1, this.#rows.length - 1));
        break;
      case "ArrowUp":
        this.#go(Math.max(place - 1, 0));
        break;
      case "Home":
        this.#go(0);
        break;
      case "End":
        this.#go(this.#rows.length - 1);
        break;
      case "ArrowRight":
        if (row?.more) this.#askMore(row);
        else if (row && isOpen) {
          if (this.#rows[place + 1]?.parent === place) this.#go(place + 1);
        } else if (row && row.node.count > 0) this.#setOpen(row, true);
        break;
      case "ArrowLeft":
        if (row && isOpen && row.node.count > 0) this.#setOpen(row, false);
        else if (row && row.parent >= 0) this.#go(row.parent);
        break;
      case "Enter":
      case " ":
        if (row?.more) this.#askMore(row);
        else if (row && row.node.count > 0) this.#setOpen(row, !isOpen);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function newLine(id: string): HTMLElement {
  const line = document.createElement("div");
  line.id = id;
  line.className = "jp-FletTree-row";
  line.setAttribute("role", "treeitem");
  for (const name of ["caret", "type", "text", "count"]) {
    const part = document.createElement("span");
    part.className = `jp-FletTree-${name}`;
    line.append(part);
  }
  return line;
}
