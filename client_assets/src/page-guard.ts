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

/** For how long after a view was removed Flutter may still draw it. Milliseconds. */
const LATE_FRAME = 1_000;

/**
 * Keep one of Flutter's errors out of the console: a frame that it had begun may draw the view that was just removed, whose
 * canvas is gone. The other views of the frame are drawn, and nothing is lost.
 */
export function muteLateFrames(clientBase: string): void {
  const done = new AbortController();
  addEventListener(
    "error",
    (event) => {
      const error = event.error as { stack?: string; dartException?: unknown } | null;
      const isFlutters = error?.stack?.includes(clientBase) === true;
      if (isFlutters && /null/i.test(String(error?.dartException))) event.preventDefault();
    },
    { signal: done.signal },
  );
  setTimeout(() => done.abort(), LATE_FRAME);
}
