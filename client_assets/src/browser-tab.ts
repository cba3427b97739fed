/** Apps in a tab of the browser, outside the front end. */

import type { CellApp } from "./registry.ts";

/** Whether apps can be there: not where a page's kernels end with it (JupyterLite), and no server has the tab's page. */
export function hasBrowserTabs(): boolean {
  return document.querySelector("#jupyter-config-data[data-jupyter-lite-root]") === null;
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
