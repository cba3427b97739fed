/**
 * Keeps an app alive for a moment after its view was disposed.
 *
 * JupyterLab disposes a widget's view when its cell is moved, and renders the same model again at the new place. A
 * rendering within the parking time takes the parked app over, with its state, its scroll positions and its link.
 */

import type { AppView, WidgetModel } from "./app-view.ts";
import { registry } from "./registry.ts";

/** How long an app waits for another rendering. Milliseconds. */
export const PARKING_TIME = 2_000;

/** What identifies an app across renderings: anywidget hands each rendering a model proxy of its own. */
function identity(model: WidgetModel): string {
  return String(model.get("app_id") ?? "");
}

/** Put an app aside; it is disposed unless it is taken within the parking time. */
export function park(app: AppView, model: WidgetModel): void {
  const key = identity(model);
  if (!key) {
    app.dispose();
    return;
  }
  const { parked } = registry();
  const { element } = app.view;
  // In the document and of the same size, so that the app notices nothing. The element itself may have been taken out by now.
  const lot = document.createElement("div");
  lot.className = "flet-parking";
  lot.style.width = `${app.lastWidth}px`;
  lot.append(element);
  document.body.append(lot);
  const leave = (): void => {
    clearTimeout(timer);
    const remaining = (parked.get(key) ?? []).filter((other) => other !== entry);
    if (remaining.length > 0) parked.set(key, remaining);
    else parked.delete(key);
  };
  const timer = setTimeout(() => {
    leave();
    app.dispose();
    lot.remove();
  }, PARKING_TIME);
  const entry = {
    adopt: (): AppView => {
      leave();
      queueMicrotask(() => lot.remove());
      return app;
    },
  };
  parked.set(key, [...(parked.get(key) ?? []), entry]);
}

/** Take an app of this model that is parked, if there is one. */
export function takeParked(model: WidgetModel): AppView | null {
  const key = identity(model);
  const entry = registry().parked.get(key)?.[0];
  return entry ? (entry.adopt() as AppView) : null;
}
