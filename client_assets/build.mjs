// Bundles the shared engine and the page of one app, which the Jupyter server serves as `flet/engine.js` and `flet/app-page.js`, and
// gathers fonts beside them.
import { build } from "esbuild";
import { buildFonts } from "./fonts.mjs";

await buildFonts();
await build({
  entryPoints: { engine: "src/index.ts", "app-page": "src/page.ts" },
  outdir: "../flet_jupyter/client/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  logLevel: "info",
});
