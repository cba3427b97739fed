/** The last errors of each panel, for whoever looks later. */

import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import type { FletPanel } from "./panel";

/** How many are kept. */
export const MAX_ERRORS = 20;

export interface PanelError {
  readonly time: Date;
  /** The last line of a traceback: what was raised. */
  readonly summary: string;
  readonly text: string;
}

export class PanelErrors {
  readonly #errors = new WeakMap<FletPanel, readonly PanelError[]>();
  readonly #changed = new Signal<this, FletPanel>(this);

  /** Keep a panel's errors from now on. */
  watch(panel: FletPanel): void {
    panel.printed.connect((_sender, entries) => {
      const fresh = entries.filter(({ kind }) => kind === "error").map(({ text }) => asError(text));
      if (fresh.length === 0) return;
      this.#errors.set(panel, [...this.of(panel), ...fresh].slice(-MAX_ERRORS));
      this.#changed.emit(panel);
    });
  }

  /** A panel's errors, the oldest first. */
  of(panel: FletPanel): readonly PanelError[] {
    return this.#errors.get(panel) ?? [];
  }

  get changed(): ISignal<this, FletPanel> {
    return this.#changed;
  }
}

function asError(text: string): PanelError {
  const kept = text.trimEnd();
  return { time: new Date(), summary: lastLine(kept), text: kept };
}

/** The last line of a text that is not indented: what an exception's message says may have several lines. */
export function lastLine(text: string): string {
  const lines = text.split("\n");
  return [...lines].reverse().find((line) => /^\S/.test(line)) ?? lines.at(-1) ?? "";
}
