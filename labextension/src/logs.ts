/** What panels print, and what goes wrong in them, in JupyterLab's Log Console. */

import { ILabShell } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILoggerRegistry } from "@jupyterlab/logconsole";
import type { ILogPayload, LogConsolePanel } from "@jupyterlab/logconsole";
import type { Widget } from "@lumino/widgets";
import type { OutputEntry } from "./engine";
import { lastLine } from "./errors";
import { FletMainArea } from "./main-area";
import { IFletPanels, LOGS_PLUGIN } from "./tokens";

/** JupyterLab's command that opens the Log Console, and closes it. */
const OPEN = "logconsole:open";

export const logs: JupyterFrontEndPlugin<void> = {
  id: LOGS_PLUGIN,
  description: "Writes what Flet apps print to the Log Console.",
  autoStart: true,
  requires: [IFletPanels],
  // Notebook has no Log Console.
  optional: [ILoggerRegistry, ILabShell],
  activate(app: JupyterFrontEnd, panels: IFletPanels, loggers: ILoggerRegistry | null, shell: ILabShell | null): void {
    if (!loggers) return;
    panels.widgetAdded.connect((_sender, panel) => {
      panel.content.printed.connect((_panel, entries) => {
        const logger = loggers.getLogger(sourceOf(panel));
        for (const entry of entries) if (entry.text) logger.log(asLog(entry));
      });
    });
    if (shell) follow(app, shell, panels);
  },
};

/** By what the Log Console calls a panel's log: the path of its file, as for JupyterLab's own documents. */
function sourceOf(panel: FletMainArea): string {
  return panel.content.path || panel.title.label;
}

/**
 * The levels are JupyterLab's for what a notebook's kernel prints outside of cells. It leaves out what is below a
 * warning, unless the user chooses otherwise before it is printed.
 */
function asLog({ kind, text }: OutputEntry): ILogPayload {
  if (kind === "stdout") return { type: "output", level: "warning", data: { output_type: "stream", name: kind, text } };
  if (kind === "stderr") return { type: "output", level: "error", data: { output_type: "stream", name: kind, text } };
  const [ename = "", ...rest] = lastLine(text.trimEnd()).split(": ");
  return {
    type: "output",
    level: "error",
    data: { output_type: "error", ename, evalue: rest.join(": "), traceback: text.trimEnd().split("\n") },
  };
}

/** Have the Log Console show the log of the panel that is current: by itself it follows only `DocumentWidget`s. */
function follow(app: JupyterFrontEnd, shell: ILabShell, panels: IFletPanels): void {
  const show = (): void => {
    const current = shell.currentWidget;
    if (!(current instanceof FletMainArea)) return;
    // After JupyterLab has said that there is nothing to show.
    queueMicrotask(() => {
      if (shell.currentWidget !== current) return;
      for (const console of consoles(shell)) console.source = sourceOf(current);
    });
  };
  shell.currentPathChanged.connect(show);
  panels.widgetAdded.connect((_sender, panel) => void panel.title.changed.connect(show));
  app.commands.commandExecuted.connect((_sender, { id }) => {
    if (id === OPEN) show();
  });
}

function* consoles(shell: ILabShell): Iterable<LogConsolePanel> {
  for (const area of ["down", "main"] as const) {
    for (const widget of widgetsIn(shell, area)) {
      const { content } = widget as Partial<{ content: Widget }>;
      if (content?.hasClass("jp-LogConsolePanel")) yield content as LogConsolePanel;
    }
  }
}

function* widgetsIn(shell: ILabShell, area: ILabShell.Area): Iterable<Widget> {
  try {
    yield* shell.widgets(area);
  } catch {
    // JupyterLab 4.4 does not tell what is in its lower area.
  }
}
