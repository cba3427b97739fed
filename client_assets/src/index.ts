/**
 * The engine's module, served as `<base_url>flet/engine.js`: what a widget's small module imports.
 *
 * Everything that shows Flet apps in a page imports this one URL, hence shares one module and one Flutter engine.
 */

import { AppView } from "./app-view.ts";
import type { WidgetModel } from "./app-view.ts";
import { park, takeParked } from "./parking.ts";

export { REGISTRY, registry } from "./engine.ts";
export { FlutterPage } from "./flutter.ts";

/** What anywidget gives to `render`. */
export interface RenderContext {
  model: WidgetModel;
  el: HTMLElement;
  signal?: AbortSignal;
}

export interface RenderOptions {
  /** The Jupyter server's base URL: a path that begins and ends with a slash. */
  baseUrl: string;
}

/** Show the app of a widget model in `context.el`. Returns at once; the result ends the view. */
export function render(context: RenderContext, options: RenderOptions): () => void {
  const { model, el, signal } = context;
  const parked = takeParked(model);
  const app = parked ?? new AppView(model, options.baseUrl);
  el.append(app.view.element);
  if (parked) parked.adopt(model);
  else app.start();
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    park(app, model);
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
}
