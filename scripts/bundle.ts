/** Makes dist/, the library and the command line, and dist/lab/, the page. Called by scripts/build.js. */

import { fileURLToPath } from "node:url";
import { build } from "tsdown";
import { build as buildPage } from "vite";

// One bundle for each public entry. Code that two of them share goes into a chunk of its own, so that `microgpt/value`
// pulls in value.ts and nothing else. Called from here, and not by tsdown's command, to be silent unless it fails.
await build({
  entry: ["src/index.ts", "src/value.ts", "src/node.ts", "src/cli.ts"],
  format: "esm",
  target: "node20.19",
  platform: "node",
  fixedExtension: false,
  dts: true,
  clean: true,
  config: false,
  logLevel: "error",
});

await buildPage({
  root: fileURLToPath(new URL("../lab", import.meta.url)),
  configFile: fileURLToPath(new URL("../lab/vite.config.ts", import.meta.url)),
  logLevel: "error",
});
