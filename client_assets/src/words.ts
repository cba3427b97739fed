/** What views say to people, in the front end's language where the front end has told how. */

import { registry } from "./registry.ts";

/** A text in the user's language; it is English in the source. `values` come in place of %1, %2 and so on. */
export function say(text: string, ...values: string[]): string {
  const { translate } = registry();
  if (translate) return translate(text, ...values);
  return values.reduce((filled, value, index) => filled.replace(`%${index + 1}`, () => value), text);
}

/** What the places of a view call what the user has to do. */
export interface Wording {
  starting: string;
  forgotten: string;
}

export const CELL: Wording = {
  starting: "Starting the app… If this stays, run this cell again.",
  forgotten: "This app does not run in the kernel any more: run this cell again to start it.",
};

export const PANEL: Wording = {
  starting: "Starting the app…",
  forgotten: "This app does not run in the kernel any more: start it again.",
};
