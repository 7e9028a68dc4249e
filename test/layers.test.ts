/** The picture of the house in ARCHITECTURE.md, held against the import lines of the source. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = resolve(root, "src");

/** Rooms in the order of ARCHITECTURE.md, ground floor first, with those that each may import. */
const rooms = new Map(
  [...readFileSync(resolve(root, "ARCHITECTURE.md"), "utf8").matchAll(/^src\/(\S+?)\/? .*-> (.*)$/gm)].map(
    ([, room = "", below = ""]) => [room, below === "nothing" ? [] : below.split(", ")],
  ),
);

/** Only these may import packages and Node's own modules. */
const WITH_PACKAGES = ["node", "cli"];

/** The readable core: what one walks through to understand a GPT. */
const CORE = ["scalar/value.ts", "tensor/tensor.ts", "tensor/ops.ts", "tensor/nn.ts", "model/gpt.ts", "graph/grad.ts"];

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("testing"),
);

function textOf(file: string): string {
  return readFileSync(resolve(source, file), "utf8");
}

/** What a file's import and export-from lines name. */
function importsOf(file: string): string[] {
  return [...textOf(file).matchAll(/^(?:import|export|\})[^;]*? from "([^"]+)"|^import "([^"]+)"/gms)].map(
    ([, from, bare]) => from ?? bare ?? "",
  );
}

/** The room of a file: its folder, or itself where it lies in src/. */
function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function lines(file: string): number {
  return textOf(file).split("\n").length - 1;
}

describe("the layers", () => {
  test("every room of the source is in the picture, and the other way round", () => {
    expect([...rooms.keys()].sort()).toEqual([...new Set(files.map(roomOf))].sort());
  });

  test("the picture's arrows point down", () => {
    const order = [...rooms.keys()];
    for (const [room, below] of rooms) {
      for (const other of below) expect([room, order.indexOf(other) < order.indexOf(room)]).toEqual([room, true]);
    }
  });

  test.each(files)("%s imports only from its own room and those below", (file) => {
    const room = roomOf(file);
    for (const name of importsOf(file)) {
      if (name.endsWith("/package.json")) continue;
      if (name.startsWith(".")) {
        const target = roomOf(relative(source, resolve(source, dirname(file), name)));
        expect([room, ...(rooms.get(room) ?? [])]).toContain(target);
      } else {
        expect([room, WITH_PACKAGES.includes(room)]).toEqual([room, true]);
      }
    }
  });

  test("value.ts imports nothing", () => {
    expect(importsOf("scalar/value.ts")).toEqual([]);
  });
});

describe("the sizes", () => {
  test("the readable core is under 900 lines together", () => {
    expect(CORE.reduce((sum, file) => sum + lines(file), 0)).toBeLessThan(900);
  });

  test("no file is over 320 lines, and half of them are under 150", () => {
    const sizes = files.map(lines).sort((x, y) => x - y);
    expect(sizes.at(-1)).toBeLessThanOrEqual(320);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(150);
  });
});
