/** A sidebar that shows what the app of the current panel is made of, what it does, and what went wrong in it. */

import { ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IMainMenu } from "@jupyterlab/mainmenu";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { TranslationBundle } from "@jupyterlab/translation";
import { SidePanel } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { SplitPanel } from "@lumino/widgets";
import { ControlTree } from "./control-tree";
import { setHidden, setText } from "./dom";
import { ErrorList } from "./error-list";
import { PanelErrors } from "./errors";
import { Figures } from "./figures";
import { inspectorIcon } from "./icon";
import type { Look, NoLook } from "./inspection";
import type { FletMainArea } from "./main-area";
import type { FletPanel } from "./panel";
import { Properties } from "./properties";
import { Commands, DOMAIN, IFletPanels, INSPECTOR_PLUGIN } from "./tokens";

const ID = "flet-inspector";
/** How often what is seen is asked for. Milliseconds. */
const EVERY = 1_000;
/** How soon something else can be asked. Milliseconds. */
const SOON = 100;

class Inspector extends SidePanel {
  readonly #trans: TranslationBundle;
  readonly #panels: IFletPanels;
  readonly #errors: PanelErrors;
  readonly #tree: ControlTree;
  readonly #controls = new Widget();
  readonly #said = document.createElement("div");
  readonly #properties: Properties;
  readonly #figures: Figures;
  readonly #errorList: ErrorList;
  #panel: FletPanel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isUrgent = false;

  constructor(panels: IFletPanels, errors: PanelErrors, translator: ITranslator) {
    super({ translator });
    const trans = translator.load(DOMAIN);
    this.#trans = trans;
    this.#panels = panels;
    this.#errors = errors;
    this.id = ID;
    this.addClass("jp-FletInspector");
    this.title.icon = inspectorIcon;
    this.title.caption = trans.__("Flet Inspector");
    this.header.addClass("jp-FletInspector-header");
    this.#tree = new ControlTree(trans, { selected: () => this.#soon(), needed: () => this.#soon() });
    this.#controls.addClass("jp-FletInspector-controls");
    this.#controls.title.label = trans.__("Controls");
    this.#said.className = "jp-FletInspector-empty";
    this.#said.setAttribute("role", "status");
    this.#controls.node.append(this.#said, this.#tree.element);
    this.#properties = new Properties(trans, (id) => void this.#panel?.inspect({ highlight: id }));
    this.#figures = new Figures(trans, translator.languageCode);
    this.#errorList = new ErrorList(trans);
    for (const widget of [this.#controls, this.#properties, this.#figures, this.#errorList]) this.addWidget(widget);
    (this.content as SplitPanel).setRelativeSizes([5, 3, 3, 2]);
    panels.currentChanged.connect(() => this.#follow());
    errors.changed.connect((_sender, panel) => {
      if (panel === this.#panel) this.#errorList.set(errors.of(panel));
    });
    document.addEventListener("visibilitychange", this.#becameVisible);
    this.#follow();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    document.removeEventListener("visibilitychange", this.#becameVisible);
    clearTimeout(this.#timer);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.#soon();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.#tree.element.focus();
  }

  readonly #becameVisible = (): void => this.#soon();

  /** Show the panel that is current now, or was last. */
  #follow(): void {
    const current = this.#panels.currentWidget;
    const panel = current?.content ?? null;
    if (panel === this.#panel) return;
    this.#panel = panel;
    this.#forget();
    this.#errorList.set(panel ? this.#errors.of(panel) : []);
    this.#soon();
  }

  #forget(): void {
    this.#tree.clear();
    this.#properties.set(null);
    this.#figures.clear();
    this.#say(
      this.#panel
        ? this.#trans.__("The app does not run, or its kernel does not answer.")
        : this.#trans.__("Open a Flet app in a panel to see here what it is made of."),
    );
  }

  /** Ask as soon as may be, instead of when it is due. */
  #soon(): void {
    this.#isUrgent = true;
    if (!this.#isAsking) this.#schedule(SOON);
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), delay);
  }

  async #ask(): Promise<void> {
    const panel = this.#panel;
    if (!panel || this.isDisposed || !this.isVisible || document.visibilityState === "hidden") return;
    this.#isAsking = true;
    this.#isUrgent = false;
    const { selected } = this.#tree;
    const answer = await panel.inspect({ rows: this.#tree.wanted(), selected }).catch(() => null);
    this.#isAsking = false;
    if (panel === this.#panel) this.#show(panel, answer as Look | NoLook | null, selected);
    this.#schedule(this.#isUrgent ? SOON : EVERY);
  }

  #show(panel: FletPanel, answer: Look | NoLook | null, selected: number): void {
    if (!answer?.session) {
      // While an update takes long, what was seen last is better than nothing.
      if (!answer || !("busy" in answer)) this.#forget();
      return;
    }
    const look = answer as Look;
    const before = this.#tree.wanted().length;
    this.#say("");
    this.#tree.show(look);
    // Views are opened when they are first heard of.
    if (this.#tree.wanted().length > before) this.#isUrgent = true;
    if (selected === this.#tree.selected) this.#properties.set(look.selected ?? null, selected !== 0);
    this.#figures.setSessions(look.sessions, look.clients);
    if (panel.counters) this.#figures.setCounters(panel.counters);
  }

  #say(text: string): void {
    setText(this.#said, text);
    setHidden(this.#said, text === "");
    setHidden(this.#tree.element, text !== "");
  }
}

export const inspector: JupyterFrontEndPlugin<void> = {
  id: INSPECTOR_PLUGIN,
  description: "Shows what the Flet app of the current panel is made of.",
  autoStart: true,
  requires: [IFletPanels],
  optional: [ILayoutRestorer, ITranslator, IMainMenu],
  activate(
    app: JupyterFrontEnd,
    panels: IFletPanels,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
    menu: IMainMenu | null,
  ): void {
    const language = translator ?? nullTranslator;
    const trans = language.load(DOMAIN);
    const errors = new PanelErrors();
    const watch = (panel: FletMainArea): void => errors.watch(panel.content);
    panels.forEach(watch);
    panels.widgetAdded.connect((_sender, panel) => watch(panel));
    const widget = new Inspector(panels, errors, language);
    app.shell.add(widget, "right", { rank: 1_010, type: "Flet Inspector" });
    restorer?.add(widget, ID);
    app.commands.addCommand(Commands.inspect, {
      label: trans.__("Show Flet Inspector"),
      caption: trans.__("Show what the app of the current panel is made of"),
      icon: inspectorIcon,
      describedBy: { args: { type: "object", properties: {} } },
      execute: () => {
        // Notebook's sidebar has to be opened first.
        (app.shell as { expandRight?(id: string): void }).expandRight?.(ID);
        app.shell.activateById(ID);
      },
    });
    menu?.viewMenu.addGroup([{ command: Commands.inspect }], 20);
  },
};
