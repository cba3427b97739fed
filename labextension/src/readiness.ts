/** Gets Flet ready while nobody waits for it, so that the first app of a page is there as soon as the others. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { lastShown } from "../../client_assets/src/last-shown";
import { basePath, loadEngine } from "./engine";
import type { Preferences } from "./settings";

/** What a page that was just restored has left to do goes first. Milliseconds. */
const REST = 1_000;

/** Get ready when the page is at rest, if this browser has shown apps lately and the user has not forbidden it. */
export async function getReadyAtRest(app: JupyterFrontEnd, preferences: Preferences): Promise<void> {
  await Promise.all([app.restored, preferences.read]);
  await new Promise((resolve) => setTimeout(resolve, REST));
  await isSeen();
  await isIdle();
  const isDue = preferences.getsReady && lastShown(basePath()) !== null;
  try {
    if (isDue) await (await loadEngine()).getReady(basePath());
  } finally {
    // For whoever looks where a page's time has gone.
    performance.mark("flet-jupyter:ready", { detail: { isDue } });
  }
}

/** Resolves when the page is in front: behind others it draws no frames, and Flutter would wait for its first one. */
function isSeen(): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", check);
      resolve();
    };
    document.addEventListener("visibilitychange", check);
    check();
  });
}

function isIdle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has none.
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve());
    else setTimeout(resolve, REST);
  });
}
