import type { UserConfig } from "tsdown";

// One bundle for each public entry. Code that two of them share goes into a chunk of its own, so
// that `microgpt/value` pulls in value.ts and nothing else.
const config: UserConfig = {
  entry: ["src/index.ts", "src/value.ts", "src/node.ts", "src/cli.ts"],
  format: "esm",
  target: "node20.19",
  platform: "neutral",
  dts: true,
  clean: true,
};

export default config;
