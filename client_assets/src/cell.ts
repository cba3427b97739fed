/** The output of a cell: the app, or a line that says where the app is shown instead. */

import { whenAlive } from "./alive.ts";
import { AppView } from "./app-view.ts";
import type { WidgetModel } from "./app-view.ts";
import { notebookPath } from "./files.ts";
import { browserTab, hasBrowserTabs, openBrowserTab } from "./browser-tab.ts";
import { kernelId } from "./jupyter.ts";
import { recall, remember } from "./memory.ts";
import { park, takeParked } from "./parking.ts";
import { Placeholder } from "./placeholder.ts";
import type { Way } from "./placeholder.ts";
import { registry } from "./registry.ts";
import type { CellApp, Place } from "./registry.ts";
import { toolbar } from "./tools.ts";
import type { Tool } from "./tools.ts";
import { CELL, say } from "./words.ts";

/** The mode of an app that is meant for a tab of the browser. */
const BROWSER_TAB = "browser-tab";

export class Cell implements Place {
  readonly #life = new AbortController();
  readonly #panels = registry().panels;
  readonly #placeholder = new Placeholder();
  #view: AppView | null = null;
  #hasPanel = false;

  constructor(
    private readonly model: WidgetModel,
    readonly element: HTMLElement,
    private readonly baseUrl: string,
  ) {}

  get app(): CellApp | null {
    const { model } = this;
    const kernel = kernelId(model.widget_manager);
    const appId = String(model.get("app_id") ?? "");
    if (!kernel || !appId || model.get("closed")) return null;
    return {
      appId,
      label: String(model.get("label") ?? ""),
      kernelId: kernel,
      path: notebookPath(model.widget_manager),
      slot: String(model.get("slot") || appId),
      mode: this.#mode === BROWSER_TAB ? "" : this.#mode,
    };
  }

  get #mode(): string {
    const mode = String(this.model.get("panel") ?? "");
    return mode !== BROWSER_TAB || hasBrowserTabs() ? mode : "";
  }

  start(): void {
    const { signal } = this.#life;
    registry().places.add(this);
    this.element.classList.add("flet-cell");
    this.#panels?.watch(() => this.#panelsChanged(), signal);
    this.model.on("change:closed", this.#onClosed);
    signal.addEventListener("abort", () => this.model.off("change:closed", this.#onClosed));
    this.#arrange();
  }

  /** Leave the page; the app waits a moment for the next rendering of its cell. */
  end(): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    registry().places.delete(this);
    this.#placeholder.element.remove();
    if (this.#view) park(this.#view, this.model);
  }

  #arrange(): void {
    const { app } = this;
    const panel = app && this.#panels?.find(app);
    if (app && panel) {
      this.#hasPanel = true;
      if (panel.app.appId === app.appId) this.#panelsChanged();
      else this.#follow(app, panel.moves);
    } else if (app && this.#mode && (this.#panels || this.#mode === BROWSER_TAB)) this.#sendAway(app);
    else this.#here();
  }

  /** Take the place of the app that the cell's former run has in a panel. */
  #follow(app: CellApp, moves: boolean): void {
    const goesAway = moves || app.mode !== "";
    if (goesAway) this.#say(say(CELL.starting), []);
    else this.#here();
    whenAlive(this.model, this.#life.signal, () => this.#panels?.open(app, { moves: goesAway, focus: false }));
  }

  /** Show the app where its author wants it, unless the user has said otherwise. */
  #sendAway(app: CellApp): void {
    const wish = recall(app.appId);
    if (wish === "cell") {
      this.#here();
      return;
    }
    if (wish === "away") {
      this.#sayAway(app);
      return;
    }
    this.#say(say(CELL.starting), []);
    whenAlive(this.model, this.#life.signal, () => {
      if (this.#mode !== BROWSER_TAB) this.#panels?.open(app, { moves: true, focus: false });
      else {
        remember(app.appId, "away");
        this.#sayAway(app, openBrowserTab(app, this.baseUrl));
      }
    });
  }

  #panelsChanged(): void {
    const { app } = this;
    const panel = app && this.#panels?.find(app);
    // The panel of another run of the cell: one of the two is about to go.
    if (!app || (panel && panel.app.appId !== app.appId)) return;
    const hadPanel = this.#hasPanel;
    this.#hasPanel = Boolean(panel);
    if (panel?.moves) this.#say(say("Shown in a panel."), [this.#showHere(app)]);
    else if (panel) this.#here();
    else if (hadPanel && !this.#view) {
      if (app.mode) {
        // As long as the app lives: who closes a panel does not want it back with the page.
        remember(app.appId, "away");
        this.#sayAway(app);
      } else this.#here();
    }
  }

  #sayAway(app: CellApp, opened = true): void {
    if (this.#mode === BROWSER_TAB) {
      const text = opened ? say("Shown in a browser tab.") : say("The browser has not allowed to open a tab.");
      this.#say(text, [{ label: say("Open in Browser Tab"), ...browserTab(app, this.baseUrl) }, this.#showHere(app)]);
    } else {
      const reopen: Way = { label: say("Open in Panel"), run: () => this.#open(app, true) };
      this.#say(say("The panel was closed."), [reopen, this.#showHere(app)]);
    }
  }

  #showHere(app: CellApp): Way {
    return {
      label: say("Show Here"),
      run: () => {
        if (this.#mode) remember(app.appId, "cell");
        if (this.#panels?.find(app)) this.#panels.share(app);
        else this.#here();
      },
    };
  }

  #open(app: CellApp, moves: boolean): void {
    remember(app.appId, null);
    this.#panels?.open(app, { moves, focus: true });
  }

  readonly #onClosed = (): void => {
    // The view says why.
    if (!this.app) this.#here();
  };

  #say(text: string, ways: readonly Way[]): void {
    this.#view?.dispose();
    this.#view = null;
    this.#placeholder.say(text, ways);
    this.element.append(this.#placeholder.element);
  }

  #here(): void {
    this.#placeholder.element.remove();
    if (!this.#view) {
      const parked = takeParked(this.model);
      this.#view = parked ?? new AppView(this.model, { baseUrl: this.baseUrl });
      this.element.append(this.#view.view.element);
      if (parked) parked.adopt(this.model);
      else this.#view.start();
    }
    this.#view.view.setTools(this.#tools());
  }

  #tools(): HTMLElement | null {
    const { app } = this;
    if (!app || !this.#panels) return null;
    const tab: Tool = { icon: "browser", label: say("Open in Browser Tab"), run: () => void openBrowserTab(app, this.baseUrl) };
    return toolbar([
      { icon: "share", label: say("Open in Panel"), run: () => this.#open(app, false) },
      { icon: "move", label: say("Move to Panel"), run: () => this.#open(app, true) },
      ...(hasBrowserTabs() ? [tab] : []),
    ]);
  }
}
