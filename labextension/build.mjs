// Bundles the extension into what JupyterLab loads: a federated module and its settings.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
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
execFileSync(
  process.execPath,
  [join(builder, "lib", "build-labextension.js"), "--core-package-file", corePackages(), import.meta.dirname],
  { stdio: "inherit" },
);

/** Write down which packages JupyterLab shares, in the versions that this extension is compiled with: the oldest that will do. */
function corePackages() {
  const core = JSON.parse(readFileSync(require.resolve("@jupyterlab/core-meta/core.package.json"), "utf8"));
  for (const field of ["dependencies", "resolutions"]) {
    for (const name of Object.keys(core[field] ?? {})) {
      const file = join(import.meta.dirname, "node_modules", name, "package.json");
      if (!existsSync(file)) continue;
      const [major, minor] = JSON.parse(readFileSync(file, "utf8")).version.split(".");
      core[field][name] = `^${major}.${minor}.0`;
    }
  }
  const file = join(import.meta.dirname, "lib", "core.package.json");
  writeFileSync(file, JSON.stringify(core));
  return file;
}
