/**
 * The names by which panels find their sessions again after the page was loaded anew.
 *
 * They are the browser tab's: another tab, and another user, has sessions of its own.
 */

import { UUID } from "@lumino/coreutils";

const PREFIX = "flet-jupyter:panel:";

/** Let the panel for a file be found by the file's new path. */
export function movePanelId(former: string, path: string): void {
  sessionStorage.setItem(PREFIX + path, panelId(former));
  sessionStorage.removeItem(PREFIX + former);
}

/** The id of the panel for a file; the same after a reload. */
export function panelId(path: string): string {
  const key = PREFIX + path;
  let id = sessionStorage.getItem(key);
  if (!id) {
    id = UUID.uuid4();
    sessionStorage.setItem(key, id);
  }
  return id;
}
