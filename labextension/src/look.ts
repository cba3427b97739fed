/** How the Lab looks, for apps that have no look of their own. */

import type { Look } from "./engine";

const SEED = "--jp-brand-color1";
const FONT = "--jp-ui-font-family";

/** Read the Lab's look; `locale` is the Lab's language. */
export function labLook(locale: string): Look {
  return { seed: seedColor(), locale, font: uiFont() };
}

/** The theme's brand colour as `#rrggbb`; empty if it has none. */
function seedColor(): string {
  const probe = document.createElement("div");
  probe.style.color = `var(${SEED})`;
  document.body.append(probe);
  const parts = getComputedStyle(probe).color.match(/\d+(\.\d+)?/g);
  probe.remove();
  if (!parts || parts.length < 3) return "";
  return `#${parts
    .slice(0, 3)
    .map((part) => Math.round(Number(part)).toString(16).padStart(2, "0"))
    .join("")}`;
}

/**
 * The first font of the Lab's list that has a file: Flutter draws its text itself, and cannot use the fonts of the
 * system that a theme names as a rule.
 */
function uiFont(): Look["font"] {
  const families = getComputedStyle(document.body).getPropertyValue(FONT).split(",").map(unquoted);
  for (const family of families) {
    const url = fontFile(family);
    if (url) return { family, url };
  }
  return null;
}

function fontFile(family: string): string | null {
  for (const sheet of document.styleSheets) {
    try {
      for (const rule of sheet.cssRules) {
        if (!(rule instanceof CSSFontFaceRule) || unquoted(rule.style.getPropertyValue("font-family")) !== family) continue;
        const file = rule.style.getPropertyValue("src").match(/url\(["']?([^"')]+)["']?\)/)?.[1];
        if (file) return new URL(file, sheet.href ?? location.href).href;
      }
    } catch {
      // A style sheet of another origin, whose rules nobody may read.
    }
  }
  return null;
}

function unquoted(text: string): string {
  return text.trim().replace(/^["']|["']$/g, "");
}
