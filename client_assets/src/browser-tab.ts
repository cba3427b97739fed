/** Apps in a tab of the browser, outside the front end. */

import { isLite } from "./lite.ts";
import type { CellApp } from "./registry.ts";

/** Whether apps can be there: a server has to have the tab's page. */
export function hasBrowserTabs(): boolean {
  return !isLite();
}

/** The address of an app's own page, and the name of its tab, so that it has one. */
export function browserTab({ kernelId, appId }: CellApp, baseUrl: string): { url: string; target: string } {
  const path = `${baseUrl}flet/app/${encodeURIComponent(kernelId)}/${encodeURIComponent(appId)}`;
  return { url: new URL(path, location.href).href, target: `flet-${appId}` };
}

/** Open the tab, or go to it; false if the browser does not allow it. */
export function openBrowserTab(app: CellApp, baseUrl: string): boolean {
  const { url, target } = browserTab(app, baseUrl);
  return window.open(url, target) !== null;
}
