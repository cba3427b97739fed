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
