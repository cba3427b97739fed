/**
 * The host session: the one Flet session that lives in the browser, and shows an embedded app in each Flutter view.
 *
 * The host app is what a Flutter engine in multi-view mode runs. Flet's client asks it for a page as it would ask
 * a server; the answers are made here from the kernel's `shell`, so they follow the kernel's version of flet.
 * Bytes in, bytes out; see `docs/comm-protocol.md`, "The shell".
 */

import { EVENT, pack, PATCH, REGISTER, unpack } from "./packets.ts";
import type { ControlMap, Shell } from "./protocol.ts";

const REPLACE = 0;
const ADD = 1;
const REMOVE = 2;

/** The page's number in every Flet session. */
const PAGE = 1;

export class HostSession {
  #registered = false;
  #nextId = 0;
  #deliver: (packet: Uint8Array<ArrayBuffer>) => void = () => {};
  /** The ids of the Flutter views in `multi_views`, in the order in which Flet's client holds them. */
  readonly #shown: number[] = [];
  /** Where each view's app is, or was until the view was cleared. */
  readonly #places = new Map<number, AppPlace>();
  /** Entries of views that Flet's client has not reported yet. */
  readonly #prepared = new Map<number, ControlMap>();
  /** Views that Flet's client has reported before they were prepared: it may do so while the view is being added. */
  readonly #reported = new Set<number>();

  constructor(private readonly shell: Shell) {
    this.#nextId = highestId(shell.page) + 1;
  }

  /** The host app connected; its packets come through `receive`. */
  connect(deliver: (packet: Uint8Array<ArrayBuffer>) => void): void {
    this.#deliver = deliver;
  }

  /**
   * Show the app with this address in a Flutter view, in place of the one that is there; in a new view as soon as Flet's
   * client has noticed the view.
   */
  show(viewId: number, template: ControlMap, address: string): void {
    const place = this.#places.get(viewId);
    if (place) {
      this.#replace(viewId, place, this.#app(template, address));
      return;
    }
    this.#prepared.set(viewId, this.#entry(viewId, template, address));
    if (this.#reported.delete(viewId)) this.#add(viewId);
  }

  /** End the app in a view, and leave the view empty. */
  clear(viewId: number): void {
    const place = this.#places.get(viewId);
    if (place?.app) this.#replace(viewId, place, null);
  }

  #replace(viewId: number, place: AppPlace, app: ControlMap | null): void {
    const operation = app ? [place.app ? REPLACE : ADD, 1, place.index, app] : [REMOVE, 1, place.index];
    place.list.splice(place.index, place.app ? 1 : 0, ...(app ? [app] : []));
    place.app = app;
    // What is yet to be sent was changed already.
    if (!this.#shown.includes(viewId)) return;
    this.#send(PATCH, { id: place.parentId, patch: [[0, { [place.property]: [1] }], operation] });
  }

  /** Take a packet of the host app. */
  receive(packet: Uint8Array): void {
    if (packet[0] !== 0) return;
    const [action, body] = unpack<ControlMap>(packet);
    if (action === REGISTER) {
      this.#registered = true;
      const entries = [...this.#prepared].map(([viewId, entry]) => {
        this.#shown.push(viewId);
        return entry;
      });
      this.#prepared.clear();
      this.#send(REGISTER, {
        session_id: "",
        page_patch: { ...this.shell.page, multi_views: entries },
        error: "",
      });
    } else if (action === EVENT && body["target"] === PAGE && body["name"] === "multi_view_add") {
      this.#add((body["data"] as ControlMap)["view_id"] as number);
    }
  }

  #add(viewId: number): void {
    if (this.#shown.includes(viewId)) return;
    const entry = this.#prepared.get(viewId);
    if (!this.#registered || !entry) {
      this.#reported.add(viewId);
      return;
    }
    this.#prepared.delete(viewId);
    this.#shown.push(viewId);
    this.#patch([ADD, 1, this.#shown.length - 1, entry]);
  }

  #patch(operation: unknown[]): void {
    this.#send(PATCH, { id: PAGE, patch: [[0, { multi_views: [1] }], operation] });
  }

  #send(action: number, body: ControlMap): void {
    this.#deliver(pack(action, body));
  }

  #entry(viewId: number, template: ControlMap, address: string): ControlMap {
    const entry = this.#renumber(template) as ControlMap;
    entry["view_id"] = viewId;
    const place = findApp(entry);
    place.app["url"] = address;
    this.#places.set(viewId, place);
    return entry;
  }

  #app(template: ControlMap, address: string): ControlMap {
    const app = this.#renumber(findApp(template).app) as ControlMap;
    app["url"] = address;
    return app;
  }

  /** A copy in which every control has a number of its own. */
  #renumber(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#renumber(item));
    if (!isMap(value)) return value;
    const copy: ControlMap = {};
    for (const [key, item] of Object.entries(value)) copy[key] = key === "_i" ? this.#nextId++ : this.#renumber(item);
    return copy;
  }
}

/** The shell whose apps look for their assets below `url`. */
export function withAssets(shell: Shell, url: string): Shell {
  const copy = structuredClone(shell);
  findApp(copy.view).app["assets_dir"] = url;
  return copy;
}

/** The shell whose apps have no assets. */
export function withoutAssets(shell: Shell): Shell {
  const copy = structuredClone(shell);
  delete findApp(copy.view).app["assets_dir"];
  return copy;
}

/** A text that two controls have in common if they differ in nothing but their numbers and the order of their properties. */
export function likeness(control: ControlMap): string {
  return JSON.stringify(control, (key, value: unknown) => {
    if (key === "_i") return undefined;
    if (!isMap(value) || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

function isMap(value: unknown): value is ControlMap {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

/** The place of a `FletApp`: in the list `parent[property]`, at `index`. */
interface AppPlace<App = ControlMap | null> {
  app: App;
  list: unknown[];
  index: number;
  property: string;
  parentId: number;
}

function findApp(control: ControlMap): AppPlace<ControlMap> {
  const found = searchApp(control);
  if (!found) throw new Error("The kernel's description of a view has no FletApp control.");
  return found;
}

function searchApp(control: ControlMap): AppPlace<ControlMap> | null {
  for (const [property, list] of Object.entries(control)) {
    if (!Array.isArray(list)) continue;
    for (const [index, item] of (list as unknown[]).entries()) {
      if (!isMap(item)) continue;
      if (item["_c"] === "FletApp") return { app: item, list, index, property, parentId: control["_i"] as number };
      const found = searchApp(item);
      if (found) return found;
    }
  }
  return null;
}

/** The highest number of a control in something. */
export function highestId(value: unknown): number {
  if (!isMap(value) && !Array.isArray(value)) return 0;
  const own = isMap(value) && typeof value["_i"] === "number" ? value["_i"] : 0;
  return Math.max(own, ...Object.values(value).map(highestId));
}
