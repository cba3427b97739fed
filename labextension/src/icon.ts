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
