/** Where a page finds the assets of an app that runs in a kernel: among the files that the Jupyter server serves. */

import type { AssetsInfo } from "./protocol.ts";

/**
 * The URL of an app's assets folder, with a slash at its end; null if the server does not serve that folder.
 *
 * The kernel knows its notebook by its path on the disk, the page by its path below the server's root. What the first has more
 * than the second is the root.
 */
export function assetsUrl(assets: AssetsInfo, notebook: string, baseUrl: string): string | null {
  const path = notebook.replace(/^[^/]*:/, ""); // JupyterLab puts the name of a drive before it
  if (!path || !assets.notebook.endsWith(`/${path}`)) return null;
  const root = assets.notebook.slice(0, -path.length);
  if (!assets.folder.startsWith(root)) return null;
  const parts = assets.folder.slice(root.length).split("/");
  // Jupyter servers do not serve hidden files unless told to.
  if (parts.some((part) => part.startsWith("."))) return null;
  return new URL(`${baseUrl}files/${parts.map(encodeURIComponent).join("/")}/`, location.href).href;
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
