/** The messages between a view and its kernel, as `docs/comm-protocol.md` describes them. */

export const PROTOCOL_VERSION = 1;

/** What Flet's client would register about its page; the kernel starts the app with it. */
export interface PageInfo {
  route: string;
  web: boolean;
  pwa: boolean;
  debug: boolean;
  wasm: boolean;
  test: boolean;
  multi_view: boolean;
  pyodide: boolean;
  platform: string;
  platform_brightness: "light" | "dark";
  width: number;
  height: number;
  media: PageMedia;
}

interface Insets {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

interface PageMedia {
  padding: Insets;
  view_padding: Insets;
  view_insets: Insets;
  device_pixel_ratio: number;
  orientation: "portrait" | "landscape";
  always_use_24_hour_format: boolean;
}

/** How an app should look in its surroundings, unless it sets a theme of its own. */
export interface Look {
  /** The seed of the colours, as CSS writes it in hexadecimal: `#1976d2`. */
  seed: string;
  /** The user's language, as BCP 47 has it: `de-CH`. */
  locale: string;
  /** A font that the page has loaded, and where from. */
  font: { family: string; url: string } | null;
}

/** What a view tells of itself besides its page. */
export interface Visitor {
  user_agent: string;
  look?: Look;
}

/** A plain map as Flet's encoder makes it; `_c` is a control's type and `_i` its number. */
export type ControlMap = { [key: string]: unknown };

/** What the host session in the browser needs; the kernel derives it from its version of flet. */
export interface Shell {
  page: ControlMap;
  view: ControlMap;
}

/** Where an app's files are, seen from the folder of the file of the kernel's session: the page knows its path on the server. */
export interface FilesInfo {
  /** The app's own folder. */
  folder: string;
  /** That of its assets, if it has any. */
  assets: string | null;
  /** The app's icon among them. */
  icon: string | null;
  /** That of its uploads, below its own. */
  uploads: string;
}

export type OutputKind = "stdout" | "stderr" | "error";

export interface OutputEntry {
  kind: OutputKind;
  text: string;
}

export type ToKernel =
  | ({ op: "open"; link: string; protocol: number; page: PageInfo } & Visitor)
  | { op: "packet"; link: string; n: number; ack: number }
  | { op: "ack"; link: string; ack: number }
  | { op: "resync"; link: string }
  | { op: "ping"; link: string; ack: number }
  | { op: "uploads"; link: string; url: string; key: string }
  | { op: "close"; link: string };

/** Messages for one link. */
export type ToLink =
  | { op: "opened"; link: string; protocol: number; shell: Shell; output: OutputEntry[]; height: number | null; title: string; files: FilesInfo | null }
  | { op: "packet"; link: string; n: number; base?: boolean }
  | { op: "probe"; link: string; n: number }
  | { op: "pong"; link: string }
  | { op: "unknown"; link: string }
  | { op: "refused"; link: string; message: string };

/** Messages for every view of a model. */
export type ToViews =
  | { op: "output"; entries: OutputEntry[] }
  | { op: "clear_output" }
  | { op: "height"; height: number | null }
  | { op: "title"; title: string }
  | { op: "outdated" };

export type FromKernel = ToLink | ToViews;

/** Sends one message, with the packet it carries if there is one. */
export type Send = (content: ToKernel, packet?: Uint8Array<ArrayBuffer>) => void;
