/** Builds and serves the lab: `npm run build` puts it in dist/lab/, a static folder that works from any address. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { version }: { version: string } = JSON.parse(readFileSync(here("../package.json"), "utf8"));

/** The permissions of the page, wherever it is served: its own files and nothing else. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval' blob:",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self' data: blob:",
].join("; ");

/** Only in the built page: the development server needs more. */
const policy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
  ],
};

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: here("."),
  // Relative, so that the folder can be anywhere.
  base: "./",
  define: { __VERSION__: JSON.stringify(version) },
  plugins: [svelte(), policy],
  resolve: {
    alias: [
      { find: /^microgpt$/, replacement: here("../src/index.ts") },
      { find: /^microgpt\/value$/, replacement: here("../src/value.ts") },
      { find: /^microgpt\/data\/(.*)$/, replacement: here("../data/$1") },
    ],
  },
  worker: { format: "es" },
  server: { headers: isolation },
  build: {
    outDir: here("../dist/lab"),
    emptyOutDir: true,
    target: "es2022",
    // The data set stays a file: inlined as base64 it would be a third larger.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Licenses of the bundled code.
    license: { fileName: "licenses.md" },
  },
});
