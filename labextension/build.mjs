// Bundles the extension into what JupyterLab loads: a federated module and its settings.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";

await build({
  entryPoints: ["src/index.ts"],
  outfile: "lib/index.js",
  bundle: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});

const require = createRequire(import.meta.url);
const builder = dirname(require.resolve("@jupyter/builder/package.json"));
const core = require.resolve("@jupyterlab/core-meta/core.package.json");
execFileSync(
  process.execPath,
  [join(builder, "lib", "build-labextension.js"), "--core-package-file", core, import.meta.dirname],
  { stdio: "inherit" },
);
