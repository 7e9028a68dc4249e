/** Builds dist/: `npm run build`. */

import { build } from "tsdown";

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
