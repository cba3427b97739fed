/** What an inspector asks the kernel, and is told: see docs/comm-protocol.md. */

/** Controls that one answer tells of, at most. */
export const MAX_ROWS = 200;

export interface ControlNode {
  id: number;
  type: string;
  /** What tells it from its like. */
  text: string;
  /** How many controls are in it. */
  count: number;
  hidden?: true;
}

/** Some of the controls in a control: `count` from `start` on. */
export type Range = [of: number, start: number, count: number];

export interface Rows {
  of: number;
  start: number;
  /** How many controls are in it by now. */
  total: number;
  nodes: ControlNode[];
}

export interface Property {
  name: string;
  value: string;
  kind: "value" | "handler" | "controls";
}

export interface Details {
  id: number;
  type: string;
  properties: Property[];
  /** Why it cannot blink; empty if it can. */
  fixed: "" | "no_opacity" | "hidden";
}

export interface Look {
  /** Names the session: numbers of controls mean something else in another. */
  session: string;
  page: ControlNode;
  rows: Rows[];
  /** Pyodide's kernel leaves out what is null. */
  selected?: Details | null;
  /** Of the app's file in its kernel. */
  sessions: number;
  clients: number;
}

/** What the kernel answers where it has nothing to tell: an update takes long, or the app does not run. */
export interface NoLook {
  busy?: true;
  session?: "";
}
