/** Python that a panel has its kernel run: what it prints, and in which words it is told that it failed. */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { OutputEntry } from "./engine";

/** Why something did not work: a sentence, and what is behind it. */
export interface Failure {
  text: string;
  details?: string;
  /** Whether it is the kernel's, so that another version of the file would fail as well. */
  isKernels?: boolean;
}

/** What the server's Python environment lacks when its kernel cannot run apps. */
const MISSING = /No module named '(flet_jupyter|flet|anywidget|piplite)'/;
/** An exception's name as Pyodide's kernel gives it. */
const TYPE = /^<class '(?:.*\.)?([^.]+)'>$/;
/** What Python says when the app's own folder has a module of the package's name. */
const HIDDEN = /partially initialized module 'flet'|'flet' is not a package/;

/** Run Python that starts an app, or starts it anew; `print` gets what it prints. Resolves to null if that went well. */
export async function execute(
  kernel: Kernel.IKernelConnection,
  code: string,
  print: (entry: OutputEntry) => void,
  trans: TranslationBundle,
): Promise<Failure | null> {
  const future = kernel.requestExecute({ code, store_history: false, allow_stdin: false });
  let isSentence = false;
  let details = "";
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") {
      const { name, text } = content as KernelMessage.IStreamMsg["content"];
      print({ kind: name, text });
    } else if (header.msg_type === "error") {
      const traceback = plain((content as KernelMessage.IErrorMsg["content"]).traceback);
      // What is wrong with the file itself is one sentence; a cell of a notebook has shown its traceback before it.
      isSentence = !traceback.includes("\n");
      if (!isSentence) details = traceback;
    }
  };
  const reply = await future.done.catch(() => null);
  if (!reply) return { text: trans.__("The kernel ended while the app was starting."), isKernels: true };
  const { content } = reply;
  if (content.status === "ok") return null;
  if (content.status !== "error") return { text: trans.__("The app was interrupted while it was starting."), isKernels: true };
  const { ename, evalue } = content as KernelMessage.IReplyErrorContent;
  const name = ename.replace(TYPE, "$1");
  // Pyodide's kernel tells of a cell's traceback with what has followed from it.
  if (isSentence || name === "Shown") return { text: evalue, details };
  return inWords(name, evalue, details, trans);
}

function inWords(ename: string, evalue: string, details: string, trans: TranslationBundle): Failure {
  if (ename === "ModuleNotFoundError" && MISSING.test(evalue)) {
    return {
      text: trans.__(
        "This kernel has no flet-jupyter. Install it there (pip install flet-jupyter), or choose another kernel, and start the app again.",
      ),
      isKernels: true,
    };
  }
  if (HIDDEN.test(evalue)) {
    return {
      text: trans.__("A file flet.py beside the app hides the package flet. Give the file another name, and restart the app."),
      details,
      isKernels: true,
    };
  }
  if (ename === "KeyboardInterrupt") return { text: trans.__("The app was interrupted while it was starting."), details };
  return { text: trans.__("The app failed to start: %1", evalue ? `${ename}: ${evalue}` : ename), details };
}

/** A traceback without the colours of a terminal. */
function plain(traceback: string[]): string {
  // eslint-disable-next-line no-control-regex
  return traceback.join("\n").replace(/\u001b\[[0-9;]*m/g, "");
}
