/**
 * The engine's module, served as `<base_url>flet/engine.js`: what a widget's small module imports.
 *
 * Everything that shows Flet apps in a page imports this one URL, hence shares one module and one Flutter engine.
 */

import { AppView } from "./app-view.ts";
import type { Surroundings, WidgetModel } from "./app-view.ts";
import { Cell } from "./cell.ts";
import type { LinkCounters } from "./link.ts";
import type { OutputEntry } from "./protocol.ts";
import { PANEL } from "./words.ts";

export { getReady, warmUp } from "./engine.ts";
export { FlutterPage } from "./flutter.ts";
export type { PageTitle, Surroundings, WidgetModel } from "./app-view.ts";
export type { KernelState, KernelWatch } from "./jupyter.ts";
export type { LinkCounters } from "./link.ts";
export { REGISTRY, registry } from "./registry.ts";
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
export function render({ model, el, signal }: RenderContext, { baseUrl }: RenderOptions): () => void {
  const cell = new Cell(model, el, baseUrl);
  const end = (): void => cell.end();
  signal?.addEventListener("abort", end, { once: true });
  cell.start();
  return end;
}

/** An app in a panel of the front end. */
export interface PanelView {
  /** Give the keyboard to the app. */
  focus(): void;
  /** Show text in the output strip. */
  print(entries: readonly OutputEntry[]): void;
  /** What has gone between the view and its kernel. */
  readonly counters: Readonly<LinkCounters>;
  dispose(): void;
}

/** Show the app of a model in a panel, as large as `element`. Returns at once. */
export function renderPanel(model: WidgetModel, element: HTMLElement, around: Surroundings): PanelView {
  const app = new AppView(model, { wording: PANEL, ...around, fills: true });
  element.append(app.view.element);
  app.start();
  return {
    focus: () => app.view.focus(),
    print: (entries) => app.view.output.append(entries),
    counters: app.counters,
    dispose: () => app.dispose(),
  };
}
