/** Keeps apart what is typed into an app and what is typed into the notebook, or into another app. */

import { contains } from "./bytes.ts";

/** The name of Flet's event for a pressed key as msgpack writes it: the length, then `keyboard_event`. */
const KEYBOARD_EVENT = [0xae, ...new TextEncoder().encode("keyboard_event")];

/**
 * Make an element one whose keys are its own.
 *
 * JupyterLab's attribute for that must be on the element that has the focus: the search for it goes up from there, and ends at the
 * first element that a shortcut is meant for, which is any that has the focus and is no text field (`CommandRegistry` in
 * `@lumino/commands` 2.3).
 *
 * And JupyterLab has a habit that no attribute changes: as each key goes down it puts a listener on the key's target, which
 * prevents line breaks anywhere in a cell, and undo and redo anywhere in a notebook (`JupyterFrontEnd.evtKeydown` in
 * `@jupyterlab/application` 4.6).
 */
export function ownKeys(element: HTMLElement): void {
  element.dataset["lmSuppressShortcuts"] = "true";
  const leaveOnPress = (event: Event): void => {
    // A press on a cell's prompt moves no focus: JupyterLab prevents that, and finds that the cell has the focus already.
    const { activeElement } = document;
    if (event.target instanceof Node && element.contains(event.target)) return;
    if (activeElement instanceof HTMLElement && element.contains(activeElement)) activeElement.blur();
  };
  element.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLElement) event.target.dataset["lmSuppressShortcuts"] = "true";
    document.addEventListener("mousedown", leaveOnPress, { capture: true });
  });
  element.addEventListener("focusout", () => document.removeEventListener("mousedown", leaveOnPress, { capture: true }));
  element.addEventListener("click", () => {
    // Flutter leaves the focus in another of its views when the click was on nothing that takes it.
    if (element.contains(document.activeElement)) return;
    element.querySelector<HTMLElement>("flutter-view")?.focus({ preventScroll: true });
  });
  element.addEventListener(
    "beforeinput",
    (event) => {
      // Flutter prevents no input; it only looks at the event, so it must still get it.
      Object.defineProperty(event, "preventDefault", { value: () => {} });
    },
    { capture: true },
  );
}

/**
 * Whether a packet of the app in `element` tells of a key that was pressed while the focus was elsewhere.
 *
 * Flutter listens to the keys of the whole page, and Flet's client hands each to every app that has an `on_keyboard_event`.
 */
export function isStrayKey(packet: Uint8Array, element: HTMLElement): boolean {
  return !element.contains(element.ownerDocument.activeElement) && contains(packet, KEYBOARD_EVENT);
}
