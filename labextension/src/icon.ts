/** The icons of the extension. */

import { LabIcon } from "@jupyterlab/ui-components";

export const fletIcon = new LabIcon({
  name: "flet-jupyter:flet",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M4 4h16v4H4z"/><path d="M4 10h10v4H4z"/><path d="M4 16h6v4H4z"/>
  </g>
</svg>`,
});

export const inspectorIcon = new LabIcon({
  name: "flet-jupyter:inspector",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M3 3h14v3.5H3z"/><path d="M3 9h7v3.5H3z"/><path d="M3 15h5v3.5H3z"/>
    <path d="M15 8.5a5.5 5.5 0 1 0 3.1 10l3.2 3.2 1.4-1.4-3.2-3.2A5.5 5.5 0 0 0 15 8.5zm0 2a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z"/>
  </g>
</svg>`,
});

export const hotReloadIcon = new LabIcon({
  name: "flet-jupyter:hot-reload",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161"><path d="M13 2 4 14h6l-1 8 9-12h-6z"/></g>
</svg>`,
});

const ofApps = new Map<string, LabIcon>();

/** The icon of an app, from a picture among its assets. */
export function appIcon(url: string): LabIcon {
  const known = ofApps.get(url);
  if (known) return known;
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "image");
  picture.setAttribute("href", url);
  picture.setAttribute("width", "16");
  picture.setAttribute("height", "16");
  const icon = new LabIcon({
    name: `flet-jupyter:app-${ofApps.size}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">${picture.outerHTML}</svg>`,
  });
  ofApps.set(url, icon);
  return icon;
}
