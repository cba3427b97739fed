// Bundles the shared engine into the one file that the Jupyter server serves as `flet/engine.js`, and gathers fonts beside it.
import { build } from "esbuild";
import { buildFonts } from "./fonts.mjs";

await buildFonts();
await build({
  entryPoints: ["src/index.ts"],
  outfile: "../flet_jupyter/client/static/engine.js",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  logLevel: "info",
});
