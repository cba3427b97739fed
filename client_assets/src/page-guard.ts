/** Keeps a page's title and theme colour its own: Flutter believes that it owns the page. */

/**
 * Flutter sets `document.title` to the title of whatever app it built last. Ignore that, let everybody else set it.
 *
 * The setter tells Flutter by its place in the call stack, for all of it runs in one script.
 */
export function guardTitle(clientBase: string): void {
  const title = Object.getOwnPropertyDescriptor(Document.prototype, "title");
  const { get, set } = title ?? {};
  if (!get || !set || Object.hasOwn(document, "title")) return;
  Object.defineProperty(document, "title", {
    configurable: true,
    enumerable: true,
    get(): string {
      return get.call(document) as string;
    },
    set(value: string) {
      if (!new Error().stack?.includes(clientBase)) set.call(document, value);
    },
  });
}

/** Flutter writes its theme colour to the element of this id, and makes a `theme-color` for the page if there is none. */
export function guardThemeColor(): void {
  if (document.getElementById("flutterweb-theme")) return;
  const decoy = document.createElement("meta");
  decoy.id = "flutterweb-theme";
  decoy.name = "flet-theme-color";
  document.head.append(decoy);
}
