/** An app's files as its page has them: assets, and the way of uploads, through the Jupyter server. */

import type { FilesInfo } from "./protocol.ts";
import { say } from "./words.ts";

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
  /** `path` is that of the kernel's session on the server; empty if it is not known. */
  constructor(
    private readonly files: FilesInfo,
    private readonly path: string,
    private readonly baseUrl: string,
  ) {}

  /** The URL of the assets folder, with a slash at its end; null if the app has none, or the server does not serve it. */
  get assetsUrl(): string | null {
    const folder = this.#onServer(this.files.assets);
    return folder === null ? null : this.#url("files", folder, "/");
  }

  /** What is wrong with the assets; empty if nothing is, as far as the server says. */
  async complaint(): Promise<string> {
    if (!this.files.assets) return "";
    const folder = this.#onServer(this.files.assets);
    if (folder === null) {
      return say("The app's assets are outside the folder that this Jupyter server serves: move them there to see them.");
    }
    const reply = await fetch(this.#url("oversized", folder)).catch(() => null);
    if (!reply?.ok) return "";
    const { limit, files } = (await reply.json()) as { limit: number; files: { path: string; size: number }[] };
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

  /** Ask the server where uploads may go, once for all apps of a folder; null if nowhere. */
  uploadGrant(): Promise<UploadGrant | null> {
    const folder = this.#onServer(this.files.folder);
    if (folder === null) return Promise.resolve(null);
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
    const reply = await fetch(`${this.baseUrl}flet/uploads`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...xsrf() },
      body: JSON.stringify({ folder, name: this.files.uploads }),
    }).catch(() => null);
    if (!reply?.ok) return null;
    const { url, key } = (await reply.json()) as UploadGrant;
    return { url: new URL(url, location.href).href, key };
  }

  #url(route: string, folder: string, end = ""): string {
    const parts = folder.split("/").filter(Boolean).map(encodeURIComponent);
    return new URL(`${this.baseUrl}flet/${route}/${parts.join("/")}${end}`, location.href).href;
  }

  /**
   * The path on the server of a folder on the kernel's disk; null if the server does not serve it.
   *
   * The kernel knows its session's file by the path on the disk, the page by the path below the server's root. What the first has
   * more than the second is the root.
   */
  #onServer(folder: string | null): string | null {
    const path = this.path.replace(/^[^/]*:/, ""); // JupyterLab puts the name of a drive before it
    const { session } = this.files;
    if (folder === null || !path || !session.endsWith(`/${path}`)) return null;
    const root = session.slice(0, -path.length);
    if (!`${folder}/`.startsWith(root)) return null;
    const below = folder.slice(root.length);
    // Jupyter servers do not serve hidden files unless told to.
    return below.split("/").some((part) => part.startsWith(".")) ? null : below;
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

/** The header without which the server takes no change from a page. */
function xsrf(): Record<string, string> {
  const token = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];
  return token ? { "X-XSRFToken": decodeURIComponent(token) } : {};
}
