/** The bar at the bottom edge of a view that changes its height, by pointer or by arrow keys. */

import { say } from "./words.ts";

const STEP = 20;
const LARGE_STEP = 100;
export const MIN_HEIGHT = 48;
export const MAX_HEIGHT = 20_000;

export interface Resizable {
  height(): number;
  resize(height: number): void;
  /** Between the first and the last move of a drag. */
  resizing(active: boolean): void;
}

export function resizeHandle(target: Resizable): HTMLElement {
  const handle = document.createElement("div");
  handle.className = "flet-resize";
  handle.tabIndex = 0;
  handle.title = say("Drag to change the height");
  handle.setAttribute("role", "separator");
  handle.setAttribute("aria-orientation", "horizontal");
  handle.setAttribute("aria-label", say("Height of the app"));
  handle.setAttribute("aria-valuemin", String(MIN_HEIGHT));
  handle.setAttribute("aria-valuemax", String(MAX_HEIGHT));
  // Arrow keys here must not also select another cell.
  handle.dataset["lmSuppressShortcuts"] = "true";

  const resize = (height: number): void => {
    const bounded = Math.round(Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, height)));
    handle.setAttribute("aria-valuenow", String(bounded));
    target.resize(bounded);
  };

  let drag: { pointer: number; y: number; height: number } | null = null;
  const end = (): void => {
    if (!drag) return;
    drag = null;
    delete handle.dataset["dragging"];
    target.resizing(false);
  };
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    handle.setPointerCapture(event.pointerId);
    drag = { pointer: event.pointerId, y: event.clientY, height: target.height() };
    handle.dataset["dragging"] = "";
    target.resizing(true);
    // JupyterLab starts to drag a cell, or to select text, on a press.
    event.preventDefault();
    event.stopPropagation();
  });
  handle.addEventListener("pointermove", (event) => {
    if (drag?.pointer === event.pointerId) resize(drag.height + event.clientY - drag.y);
  });
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
  handle.addEventListener("lostpointercapture", end);
  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const by = event.key === "ArrowDown" ? step : event.key === "ArrowUp" ? -step : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    resize(target.height() + by);
  });
  return handle;
}
