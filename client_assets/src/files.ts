/**
 * An app's files as its page has them: assets, and the way of uploads, through the Jupyter server.
 *
 * JupyterLite has no server. What was built into the site is among its files, which is where the assets of published apps are.
 */

import { isLite } from "./lite.ts";
import type { FilesInfo } from "./protocol.ts";
import { say } from "./words.ts";
import { xsrf } from "./xsrf.ts";

/** Where the server takes an app's uploads, and with which key they are to be signed. */
export interface UploadGrant {
  url: string;
  key: string;
}

/** For how long an app is given the grant of another. Milliseconds. */
const GRANT_AGE = 12 * 3600 * 1000;
const grants = new Map<string, Promise<UploadGrant | null>>();

/** An app's files on the server, below which its base URL is a path that begins and ends with a slash. */
export class AppFiles {
  /** Where the kernel's session has its file; null if that is not known. */
  readonly #here: string | null;
  /** The assets' folder, seen from there; null if the app has none. */
  readonly #assets: string | null;

  /** `path` is that of the file of the kernel's session on the server; empty if it is not known. */
  constructor(
    private readonly files: FilesInfo,
    path: string,
    private readonly baseUrl: string,
  ) {
    this.#assets = files.assets ?? null; // Pyodide's kernel leaves out what is null
    // JupyterLab puts the name of a drive before it.
    this.#here = path ? path.replace(/^[^/]*:/, "").replace(/[^/]*$/, "") : null;
  }

  /** The URL of the assets folder, with a slash at its end; null if the app has none, or the server does not serve it. */
  get assetsUrl(): string | null {
    const folder = this.#onServer(this.#assets);
    if (folder === null) return null;
    return isLite() ? this.#url("files/", folder, "/") : this.#url("flet/files/", folder, "/");
  }

  /** What is wrong with the assets; empty if nothing is, as far as the server says. */
  async complaint(): Promise<string> {
    if (this.#assets === null || this.#here === null) return "";
    const folder = joined(this.#here, this.#assets);
    if (isLite()) return this.#liteComplaint(folder);
    if (folder === null) {
      return say("The app's assets are outside the folder that this Jupyter server serves: move them there to see them.");
    }
    if (isHidden(folder)) {
      return say("The app's assets are in a hidden folder, which a Jupyter server does not serve: move them to another to see them.");
    }
    const answer = await ask<{ limit: number; files: { path: string; size: number }[] }>(this.#url("flet/oversized/", folder));
    if (!answer) return "";
    const { limit, files } = answer;
    const [first] = files;
    if (!first) return "";
    const more = files.length > 1 ? ` ${say("There are more such files.")}` : "";
    const text = say(
      "%1 among the app's assets has %2 MB; this Jupyter server sends %3 MB of a file at most (FletExtension.max_asset_bytes).",
      first.path,
      megabytes(first.size),
      megabytes(limit),
    );
    return text + more;
  }

  async #liteComplaint(folder: string | null): Promise<string> {
    // The site's own list of what was built into it.
    const list = folder !== null && !isHidden(folder) && (await ask(this.#url("api/contents/", folder, "/all.json")));
    return list ? "" : say("The app's assets are no part of this site: build it with them (jupyter lite build --contents) to see them.");
  }

  /** Ask the server where uploads may go, once for all apps of a folder; null if nowhere. */
  uploadGrant(): Promise<UploadGrant | null> {
    const folder = this.#onServer(this.files.folder);
    if (folder === null || isLite()) return Promise.resolve(null);
    const key = `${folder}\n${this.files.uploads}`;
    const known = grants.get(key);
    if (known) return known;
    const asked = this.#askForGrant(folder);
    grants.set(key, asked);
    void asked.then((grant) => {
      // The next app may find the server back; and a grant ends after a day.
      if (grant) setTimeout(() => grants.delete(key), GRANT_AGE);
      else grants.delete(key);
    });
    return asked;
  }

  async #askForGrant(folder: string): Promise<UploadGrant | null> {
    const grant = await ask<UploadGrant>(`${this.baseUrl}flet/uploads`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ folder, name: this.files.uploads }),
    });
    return grant && { url: new URL(grant.url, location.href).href, key: grant.key };
  }

  #url(route: string, folder: string, end = ""): string {
    const parts = folder.split("/").filter(Boolean).map(encodeURIComponent);
    const path = parts.length > 0 ? parts.join("/") + end : end.replace(/^\//, "");
    return new URL(`${this.baseUrl}${route}${path}`, location.href).href;
  }

  /** The path on the server of a folder that the kernel has told; null if the server does not serve it. */
  #onServer(folder: string | null): string | null {
    if (folder === null || this.#here === null) return null;
    const path = joined(this.#here, folder);
    return path === null || isHidden(path) ? null : path;
  }
}

/** The path below the server's root of a folder that is seen from another; null if it is not below. */
function joined(here: string, folder: string): string | null {
  // Relative is all that the kernel may tell.
  if (folder.startsWith("/")) return null;
  const parts: string[] = [];
  for (const part of `${here}/${folder}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/** Whether a folder is one that Jupyter servers do not serve unless told to. */
function isHidden(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("."));
}

/** What the server answers; null if nothing that can be read. */
async function ask<Answer>(url: string, request?: RequestInit): Promise<Answer | null> {
  try {
    const reply = await fetch(url, { ...request, headers: { ...request?.headers, ...xsrf() } });
    return reply.ok ? ((await reply.json()) as Answer) : null;
  } catch {
    return null;
  }
}

/** The path of the notebook that a widget manager belongs to; empty if it does not say. */
export function notebookPath(manager: unknown): string {
  try {
    const { context } = (manager ?? {}) as { context?: { path?: unknown } };
    return typeof context?.path === "string" ? context.path : "";
  } catch {
    return "";
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
