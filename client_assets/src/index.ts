/**
 * The engine's module, served as `<base_url>flet/engine.js`: what a widget's small module imports.
 *
 * Everything that shows Flet apps in a page imports this one URL, hence shares one module and one Flutter engine.
 */

import { AppView } from "./app-view.ts";
import type { Surroundings, WidgetModel } from "./app-view.ts";
import { park, takeParked } from "./parking.ts";
import type { OutputEntry } from "./protocol.ts";
import { PANEL } from "./words.ts";

export { prepare, REGISTRY, registry, type Panels } from "./engine.ts";
export { FlutterPage } from "./flutter.ts";
export type { Surroundings, WidgetModel } from "./app-view.ts";
export type { KernelState, KernelWatch } from "./jupyter.ts";
export type { FromKernel, Look, OutputEntry, ToKernel } from "./protocol.ts";
export type { ViewState } from "./view.ts";

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
  const app = parked ?? new AppView(model, options);
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

/** An app in a panel of the front end. */
export interface PanelView {
  /** Give the keyboard to the app. */
  focus(): void;
  /** Show text in the output strip. */
  print(entries: readonly OutputEntry[]): void;
  dispose(): void;
}

/** Show the app of a model in a panel, as large as `element`. Returns at once. */
export function renderPanel(model: WidgetModel, element: HTMLElement, around: Surroundings): PanelView {
  const app = new AppView(model, { wording: PANEL, ...around, fills: true });
  element.append(app.view.element);
  app.start();
  return {
    focus: () => app.view.focus(),
    print: (entries) => app.print(entries),
    dispose: () => app.dispose(),
  };
}
