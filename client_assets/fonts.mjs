// Puts the fonts that Flutter's engine falls back to where the server looks for them.
//
// The engine has the URLs of Google Fonts compiled in: `notosansmath/v15/<hash>.woff2`, and for a family that is cut into
// slices `notosanssc/v37/<hash>.119.woff2`. A file is named after the family in that URL and the slice. All fonts are under the
// SIL Open Font License, whose text goes with them.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = fileURLToPath(new URL("node_modules/", import.meta.url));
const TARGET = fileURLToPath(new URL("../flet_jupyter/client/static/fonts/", import.meta.url));

const FONTS = [
  // Emoji. The version whose slices are those of the engine: later ones have fewer. Its WOFF2 files have pictures in SVG alone, which
  // the engine cannot draw; its WOFF files have them twice, as SVG and as layers (COLR), which it can. 7.3 MB are 2.8 without SVG.
  {
    package: "@fontsource/noto-color-emoji",
    files: /^files\/noto-color-emoji-(\d+)-400-normal\.woff$/,
    family: "notocoloremoji",
    change: (font) => withoutTable(font, "SVG "),
  },
  // Arrows, circled numbers.
  {
    package: "@fontsource/noto-sans-symbols",
    files: /^files\/noto-sans-symbols-symbols-400-normal\.woff2$/,
    family: "notosanssymbols",
  },
  // Dingbats, geometric shapes, keys; one slice that has what the engine looks for in the others.
  {
    package: "@fontsource/noto-sans-symbols-2",
    files: /^files\/noto-sans-symbols-2-symbols-400-normal\.woff2$/,
    family: "notosanssymbols2",
  },
  // Mathematical operators.
  {
    package: "@fontsource/noto-sans-math",
    files: /^files\/noto-sans-math-latin-400-normal\.woff2$/,
    family: "notosansmath",
  },
  // What Roboto lacks of Latin, Greek and Cyrillic, superscripts, fractions, signs of currencies. Whole, as the engine wants it.
  {
    package: "@expo-google-fonts/noto-sans",
    files: /^400Regular\/NotoSans_400Regular\.ttf$/,
    family: "notosans",
    license: "LICENSE_FONT",
  },
  // Simplified Chinese; here the engine also looks for ✓, ★, ● and ▲ before it looks among the symbols.
  {
    package: "@fontsource-variable/noto-sans-sc",
    files: /^files\/noto-sans-sc-(\d+)-wght-normal\.woff2$/,
    family: "notosanssc",
  },
];

/** Write what has changed and remove what is left over: a server may be running, and notices files that were replaced. */
export async function buildFonts() {
  await mkdir(TARGET, { recursive: true });
  const wanted = new Map();
  for (const font of FONTS) {
    const folder = `${PACKAGES}${font.package}/`;
    wanted.set(`${font.family}.LICENSE`, await readFile(folder + (font.license ?? "LICENSE")));
    const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/"));
    const matches = names.map((name) => font.files.exec(name)).filter((match) => match !== null);
    if (matches.length === 0) throw new Error(`${font.package} has no files that match ${font.files}.`);
    for (const [name, slice] of matches) {
      const content = await readFile(folder + name);
      const parts = slice === undefined ? [font.family] : [font.family, slice];
      wanted.set(parts.join(".") + extname(name), font.change ? font.change(content) : content);
    }
  }
  for (const name of await readdir(TARGET)) if (!wanted.has(name)) await rm(TARGET + name, { recursive: true });
  for (const [name, content] of wanted) {
    const before = await readFile(TARGET + name).catch(() => null);
    if (!before?.equals(content)) await writeFile(TARGET + name, content);
  }
}

const HEADER = 44;
const ENTRY = 20;

/** Take a table out of a font in the WOFF format (https://www.w3.org/TR/WOFF/): a header, a directory, compressed tables. */
function withoutTable(font, unwanted) {
  const header = Buffer.from(font.subarray(0, HEADER));
  const count = header.readUInt16BE(12);
  const entries = Array.from({ length: count }, (_, i) => Buffer.from(font.subarray(HEADER + ENTRY * i, HEADER + ENTRY * (i + 1))));
  const kept = entries.filter((entry) => entry.toString("latin1", 0, 4) !== unwanted);
  let place = HEADER + ENTRY * kept.length;
  let unpacked = 12 + 16 * kept.length;
  const tables = [];
  for (const entry of kept) {
    const start = entry.readUInt32BE(4);
    const table = Buffer.alloc(padded(entry.readUInt32BE(8)));
    font.copy(table, 0, start, start + entry.readUInt32BE(8));
    entry.writeUInt32BE(place, 4);
    place += table.length;
    unpacked += padded(entry.readUInt32BE(12));
    tables.push(table);
  }
  header.writeUInt32BE(place, 8);
  header.writeUInt16BE(kept.length, 12);
  header.writeUInt32BE(unpacked, 16);
  header.fill(0, 24); // neither metadata nor private data follow
  return Buffer.concat([header, ...kept, ...tables]);
}

function padded(size) {
  return (size + 3) & ~3;
}
