/** Makes dist/, the library and the command line, and dist/lab/, the page. Called by scripts/build.js. */

import { fileURLToPath } from "node:url";
import { build, type InlineConfig } from "tsdown";
import { build as buildPage } from "vite";

const bundled: InlineConfig = {
  format: "esm",
  target: "node20.19",
  platform: "node",
  fixedExtension: false,
  config: false,
  logLevel: "error",
};

// One bundle for each public entry. Code that two of them share goes into a chunk of its own, so that `microgpt/value`
// pulls in value.ts and nothing else. Called from here, and not by tsdown's command, to be silent unless it fails.
await build({
  ...bundled,
  entry: ["src/index.ts", "src/value.ts", "src/node.ts"],
  dts: true,
  clean: true,
});

// By itself, so that a command loads no more of the library than it uses: that is half of the time it takes to start.
await build({ ...bundled, entry: ["src/cli.ts"], dts: false, clean: false });

await buildPage({
  root: fileURLToPath(new URL("../lab", import.meta.url)),
  configFile: fileURLToPath(new URL("../lab/vite.config.ts", import.meta.url)),
  logLevel: "error",
});
