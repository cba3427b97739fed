/**
 * Lets a text field keep the focus while another app starts.
 *
 * All apps of a page share Flutter's one focus manager, and an app that starts takes the focus to itself, wherever it was: somebody
 * who types in one app would lose the next letters when another cell shows its app. Flutter then closes the field's
 * hidden input element, and the page's focus falls back to the field's view. Taking it from there and giving it back makes
 * Flutter look for what had the focus in that view, and that is the field. Flutter selects all its text, as it does when a field is
 * reached by a key; the next letter would replace it, so the selection is put back as well.
 */

type TextField = HTMLInputElement | HTMLTextAreaElement;

/** For how long after its start an app may still take the focus. Milliseconds. */
const STARTING = 3_000;
/** How often the focus is given back for one start; it is lost once or twice. */
const MOST = 8;
/** So soon after a press or one of these keys the loss of the focus is what the user wants. Milliseconds. */
const MEANT = 300;
const LEAVING_KEYS = new Set(["Tab", "Escape", "Enter"]);
/** For how long after the focus was given back Flutter may select all. Milliseconds. */
const SELECTING = 500;

/** What was in a field and what of it was selected. */
interface Selected {
  value: string;
  start: number | null;
  end: number | null;
  until: number;
}

export class FocusKeeper {
  #until = 0;
  #left = 0;
  #meantAt = -MEANT;
  #selected: Selected | null = null;

  constructor(private readonly document: Document) {
    const meant = (): void => {
      this.#meantAt = performance.now();
    };
    document.addEventListener("pointerdown", meant, { capture: true });
    document.addEventListener(
      "keydown",
      ({ key }) => {
        if (LEAVING_KEYS.has(key)) meant();
        this.#select();
      },
      { capture: true },
    );
  }

  /** An app is about to start. */
  starting(): void {
    this.#until = performance.now() + STARTING;
    this.#left = MOST;
  }

  /** Keep the focus of text fields in this element, in which Flutter has a view. */
  watch(element: HTMLElement): void {
    element.addEventListener("focusout", ({ target }) => {
      if (!isTextField(target)) return;
      const { value, selectionStart, selectionEnd } = target;
      // In a moment: Flutter is about to move the focus, and to take the field's element out of the page.
      queueMicrotask(() => this.#giveBack(element, { value, start: selectionStart, end: selectionEnd, until: 0 }));
    });
  }

  /** Whether somebody is about to type in this element. */
  isTypingIn(element: HTMLElement): boolean {
    const { activeElement } = this.document;
    return isTextField(activeElement) && element.contains(activeElement);
  }

  #giveBack(element: HTMLElement, selected: Selected): void {
    const now = performance.now();
    if (now > this.#until || this.#left === 0 || now - this.#meantAt < MEANT) return;
    const view = this.document.activeElement;
    if (view?.localName !== "flutter-view" || !element.contains(view)) return;
    this.#left -= 1;
    const before = this.#selected;
    // When the focus is lost again before the selection was put back, the one before is the user's.
    if (!before) this.#selected = selected;
    if (this.#selected) this.#selected.until = now + SELECTING;
    (view as HTMLElement).blur();
    (view as HTMLElement).focus({ preventScroll: true });
    this.#keepSelecting();
  }

  #keepSelecting(): void {
    this.#select();
    if (this.#selected) requestAnimationFrame(() => this.#keepSelecting());
  }

  /** Put the selection back if Flutter has selected all. */
  #select(): void {
    const selected = this.#selected;
    const field = this.document.activeElement;
    if (!selected || !isTextField(field)) return;
    if (performance.now() > selected.until) {
      this.#selected = null;
      return;
    }
    const { value, selectionStart, selectionEnd } = field;
    const isAll = value !== "" && selectionStart === 0 && selectionEnd === value.length;
    if (value !== selected.value) {
      // The user goes on typing; the caret is behind what was typed, wherever Flutter has put it since.
      const typed = value.length - selected.value.length;
      selected.start = isAll ? Math.max(0, (selected.end ?? 0) + typed) : selectionStart;
      selected.end = isAll ? selected.start : selectionEnd;
      selected.value = value;
    }
    if (isAll) field.setSelectionRange(selected.start, selected.end);
  }
}

function isTextField(thing: unknown): thing is TextField {
  return thing instanceof HTMLInputElement || thing instanceof HTMLTextAreaElement;
}
