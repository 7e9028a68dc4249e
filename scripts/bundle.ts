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

// Entries share their code in chunks. "training" is what GPT and train need: a bundler takes a chunk's start as a whole, so a
// page that imports these two is spared the tables of all others. The library has no
// import(): a bundler keeps what a chunk may load, so a page that needs crc32 alone would get the whole engine. Called from
// here, and not by tsdown's command, to be silent unless it fails.
await build({
  ...bundled,
  entry: ["src/index.ts", "src/value.ts", "src/node.ts", "src/native.ts", "src/mpi.ts"],
  dts: true,
  clean: true,
  outputOptions: {
    codeSplitting: {
      groups: [
        { name: "value-class", test: /src\/scalar\/value\.ts$/, priority: 3 },
        { name: "training", test: /src\/(train\/train|engine\/gpt)\.ts$/, priority: 2 },
        // Not the declarations: in a chunk with code they would be lost.
        { name: "library", test: /src\/(?!index|value|node|native|mpi)(?!.*\.d\.ts$)/, priority: 1 },
      ],
    },
  },
});

// By itself, so that a command loads no more of the library than it uses; in few chunks, since each takes its time to open.
await build({
  ...bundled,
  entry: ["src/cli.ts"],
  dts: false,
  clean: false,
  outputOptions: {
    codeSplitting: {
      groups: [
        { name: "flags", test: /src\/cli\/program\.ts$/, priority: 2 },
        { name: "command-train", test: /src\/cli\/train\/command\.ts$/, priority: 1 },
      ],
    },
  },
});

// The thread of microgpt/mpi, which starts it by its file's name.
await build({ ...bundled, entry: { "mpi-watch": "src/mpi/watch-thread.ts" }, dts: false, clean: false });

await buildPage({
  root: fileURLToPath(new URL("../lab", import.meta.url)),
  configFile: fileURLToPath(new URL("../lab/vite.config.ts", import.meta.url)),
  logLevel: "error",
});
