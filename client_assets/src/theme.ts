/**
 * Light or dark: follows the Jupyter front end's theme, or the browser's preference where there is none.
 *
 * Flutter asks `matchMedia("(prefers-color-scheme: dark)")` once while it starts and listens to the answer, so
 * that one answer is the place to tell it about JupyterLab's theme.
 */

export type Brightness = "light" | "dark";

const DARK_QUERY = "(prefers-color-scheme: dark)";

/** The front end's theme: JupyterLab, Notebook and Voila mark their body; null elsewhere. */
function frontEndBrightness(): Brightness | null {
  const light = topDocument().body?.getAttribute("data-jp-theme-light");
  if (light === "true") return "light";
  if (light === "false") return "dark";
  return null;
}

/** The document of the front end, also when this code runs in a frame that the front end's page made. */
function topDocument(): Document {
  try {
    if (window.frameElement?.classList.contains("flet-frame")) return window.parent.document;
  } catch {
    // A parent of another origin: this page is the front end.
  }
  return document;
}

export function currentBrightness(): Brightness {
  return frontEndBrightness() ?? (window.matchMedia(DARK_QUERY).matches ? "dark" : "light");
}

/**
 * Let a Flutter engine that starts now follow `currentBrightness` for as long as it lives.
 *
 * Replaces `window.matchMedia` until `restore` is called; the answer to any other query is the browser's own.
 */
export function followTheme(): { restore: () => void } {
  const browserMatchMedia = window.matchMedia;
  window.matchMedia = (query: string): MediaQueryList => {
    const list = browserMatchMedia.call(window, query);
    return query.replace(/\s+/g, " ") === DARK_QUERY ? followingList(list) : list;
  };
  return {
    restore: () => {
      window.matchMedia = browserMatchMedia;
    },
  };
}

/** Make one media query list tell the front end's theme. The list belongs to the one who asked, nobody else sees it. */
function followingList(list: MediaQueryList): MediaQueryList {
  const browserMatches = Object.getOwnPropertyDescriptor(MediaQueryList.prototype, "matches")?.get;
  const isDark = (): boolean => {
    const brightness = frontEndBrightness();
    return brightness ? brightness === "dark" : browserMatches?.call(list) === true;
  };
  let told = isDark();
  Object.defineProperty(list, "matches", { get: isDark });
  const update = (): void => {
    if (isDark() === told) return;
    told = isDark();
    list.dispatchEvent(new MediaQueryListEvent("change", { media: list.media, matches: told }));
  };
  list.addEventListener("change", (event) => {
    if (!event.isTrusted) return;
    event.stopImmediatePropagation();
    update();
  });
  const observer = new MutationObserver(update);
  observer.observe(topDocument().body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  return list;
}
