/** What a tab of the browser remembers of the apps of cells when its page is loaded anew. */

/** Where the user wants an app that is not meant for the cell: there nevertheless, or not, wherever it was seen last. */
export type Wish = "cell" | "away";

const PREFIX = "flet-jupyter:place:";

export function recall(appId: string): Wish | null {
  try {
    return sessionStorage.getItem(PREFIX + appId) as Wish | null;
  } catch {
    return null; // A page that may store nothing.
  }
}

/** Remember a wish; null forgets it. */
export function remember(appId: string, wish: Wish | null): void {
  try {
    if (wish) sessionStorage.setItem(PREFIX + appId, wish);
    else sessionStorage.removeItem(PREFIX + appId);
  } catch {
    // As above.
  }
}
