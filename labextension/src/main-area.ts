/** Panels as widgets of the main area: an icon, and a title that follows the app's page. */

import { MainAreaWidget } from "@jupyterlab/apputils";
import { appIcon, fletIcon } from "./icon";
import type { FletPanel } from "./panel";

export class FletMainArea extends MainAreaWidget<FletPanel> {
  #name = "";

  constructor(options: MainAreaWidget.IOptions<FletPanel>) {
    super(options);
    this.title.icon = fletIcon;
    this.title.closable = true;
    options.content.titled.connect((_sender, { title, icon }) => {
      this.title.label = title || this.#name;
      this.title.icon = icon ? appIcon(icon) : fletIcon;
    });
  }

  /** Say what the panel is called while the app's page has no title. */
  protected nameIt(name: string, caption: string): void {
    this.#name = name;
    this.title.label = name;
    this.title.caption = caption;
  }
}
