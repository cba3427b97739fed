/** The buttons over the corner of an app in a cell: seen while the pointer or the focus is there. */

/** A button's picture: the path of an SVG of 16 units' width and height. */
const ICONS = {
  share: "M2 3h12v10H2V3zm1.2 1.2v7.6h4.2V4.2H3.2zm5.4 0v7.6h4.2V4.2H8.6z",
  move: "M2 3h6v1.2H3.2v7.6H8V13H2V3zm7.6 2 3 3-3 3-.9-.9 1.5-1.5H5.5V7.4h4.7L8.7 5.9l.9-.9zM13 3h1.2v10H13V3z",
  browser: "M3 3h4v1.2H4.2v7.6h7.6V9H13v4H3V3zm6 0h4v4h-1.2V5.05L8.4 8.45l-.85-.85 3.4-3.4H9V3z",
} as const;

export interface Tool {
  icon: keyof typeof ICONS;
  label: string;
  run(): void;
}

export function toolbar(tools: readonly Tool[]): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "flet-tools";
  bar.setAttribute("role", "toolbar");
  bar.append(...tools.map(button));
  return bar;
}

function button({ icon, label, run }: Tool): HTMLElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "flet-tool";
  element.title = label;
  element.setAttribute("aria-label", label);
  // Enter here must not also edit the cell.
  element.dataset["lmSuppressShortcuts"] = "true";
  element.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor" d="${ICONS[icon]}"/></svg>`;
  element.addEventListener("click", run);
  return element;
}
