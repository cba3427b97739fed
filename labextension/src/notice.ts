/** What a panel says over its app, or instead of it: one text, perhaps a traceback, and ways on. */

export interface Action {
  label: string;
  run(): void;
}

export interface NoticeOptions {
  text: string;
  /** A traceback, say. */
  details?: string;
  actions?: Action[];
  /** Something is under way. */
  busy?: boolean;
  error?: boolean;
  /** Whether the app below stays in sight: beside a strip, or through a veil; otherwise it is covered. */
  over?: "strip" | "dim";
}

export class Notice {
  readonly element = document.createElement("div");

  constructor() {
    this.element.className = "jp-FletPanel-notice";
    this.element.setAttribute("role", "status");
    this.element.hidden = true;
  }

  show({ text, details, actions = [], busy, error, over }: NoticeOptions): void {
    const { element } = this;
    element.classList.toggle("jp-mod-busy", busy === true);
    element.classList.toggle("jp-mod-error", error === true);
    element.classList.toggle("jp-mod-strip", over === "strip");
    element.classList.toggle("jp-mod-dim", over === "dim");
    const message = document.createElement("div");
    message.className = "jp-FletPanel-noticeText";
    message.textContent = text;
    element.replaceChildren(message);
    if (details) {
      const block = document.createElement("pre");
      block.className = "jp-FletPanel-noticeDetails";
      block.textContent = details;
      element.append(block);
    }
    if (actions.length > 0) element.append(buttons(actions));
    element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }
}

function buttons(actions: Action[]): HTMLElement {
  const row = document.createElement("div");
  row.className = "jp-FletPanel-noticeActions";
  for (const [index, { label, run }] of actions.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `jp-Button jp-mod-styled ${index === 0 ? "jp-mod-accept" : "jp-mod-reject"}`;
    button.textContent = label;
    button.addEventListener("click", run);
    row.append(button);
  }
  return row;
}
