/**
 * The names by which panels find their sessions again after the page was loaded anew.
 *
 * They are the browser tab's: another tab, and another user, has sessions of its own.
 */

import { UUID } from "@lumino/coreutils";

const PREFIX = "flet-jupyter:panel:";

/** The names of a page that may store nothing. */
const unstored = new Map<string, string>();

/** Let the panel for a file be found by the file's new path. Each view of the file may ask for it. */
export function movePanelId(former: string, path: string): void {
  const id = recall(former);
  if (!id) return;
  remember(path, id);
  forget(former);
}

/** The id of the panel for a file; the same after a reload. */
export function panelId(path: string): string {
  const known = recall(path);
  if (known) return known;
  const id = UUID.uuid4();
  remember(path, id);
  return id;
}

function recall(path: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + path);
  } catch {
    return unstored.get(path) ?? null;
  }
}

function remember(path: string, id: string): void {
  try {
    sessionStorage.setItem(PREFIX + path, id);
  } catch {
    unstored.set(path, id);
  }
}

function forget(path: string): void {
  try {
    sessionStorage.removeItem(PREFIX + path);
  } catch {
    unstored.delete(path);
  }
}
