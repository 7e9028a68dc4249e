/** Checks the pictures of the house and of its lab in ARCHITECTURE.md against the import lines of the source. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const picture = readFileSync(resolve(root, "ARCHITECTURE.md"), "utf8");

/** The readable core: the path through the source to understand a GPT. */
const CORE = ["scalar/value.ts", "tensor/tensor.ts", "tensor/ops.ts", "tensor/nn.ts", "model/gpt.ts", "graph/grad.ts"];

/** Names that the lab's rooms may import: the page's packages, and the library as users have it. */
const PAGE_PACKAGES = ["svelte", "comlink", "uplot"];

interface House {
  readonly folder: string;
  /** True if a room may import this name from outside the house. */
  outside(room: string, name: string): boolean;
}

const houses: readonly House[] = [
  { folder: "src", outside: (room) => ["node", "native", "mpi", "cli"].includes(room) },
  {
    folder: "lab/src",
    outside: (_, name) => /^microgpt(\/|$)/.test(name) || PAGE_PACKAGES.includes(name.split("/")[0] ?? ""),
  },
];

const lines = (path: string): number => readFileSync(path, "utf8").split("\n").length - 1;

describe.each(houses)("the layers of $folder", ({ folder, outside }) => {
  const source = resolve(root, folder);

  /** Rooms in the order of the picture, ground floor first, with those that each may import. */
  const rooms = new Map(
    [...picture.matchAll(new RegExp(`^${folder}/(\\S+?)/? .*-> (.*)$`, "gm"))].map(([, room = "", below = ""]) => [
      room,
      below === "nothing" ? [] : below.split(", "),
    ]),
  );

  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.(ts|svelte)$/.test(file) && !/(\.test|[-/]testing)\.ts$/.test(file) && !file.startsWith("testing"),
  );

  /** The paths in a file's import and export-from lines. */
  const importsOf = (file: string): string[] =>
    [
      ...readFileSync(resolve(source, file), "utf8").matchAll(
        /^(?:import|export|\})[^;]*? from "([^"]+)"|^import "([^"]+)"/gms,
      ),
    ].map(([, from, bare]) => from ?? bare ?? "");

  /** The room of a file: its folder, or itself if it is directly in the house. */
  const roomOf = (file: string): string => file.split("/")[0] ?? file;

  test("every room of the source is in the picture, and vice versa", () => {
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
      // The last is read as text.
      if (/\/package\.json$|\.css$|\?raw$/.test(name)) continue;
      if (name.startsWith(".")) {
        const target = roomOf(relative(source, resolve(source, dirname(file), name)));
        expect([room, ...(rooms.get(room) ?? [])]).toContain(target);
      } else {
        expect([room, name, outside(room, name)]).toEqual([room, name, true]);
      }
    }
  });

  test("no files import each other in a circle, types included", () => {
    const imports = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((name) => name.startsWith("."))
          .map((name) => relative(source, resolve(source, dirname(file), name))),
      ]),
    );
    // Files that import nothing are taken away, again and again: those of a circle are left.
    for (let before = Number.POSITIVE_INFINITY; imports.size < before; ) {
      before = imports.size;
      for (const [file, others] of imports) if (!others.some((other) => imports.has(other))) imports.delete(file);
    }
    expect([...imports]).toEqual([]);
  });

  test("no file is over 320 lines, and half of them are under 150", () => {
    // The file of English texts is as long as the lab needs.
    const sizes = files
      .filter((file) => file !== "strings.ts")
      .map((file) => lines(resolve(source, file)))
      .sort((x, y) => x - y);
    expect(sizes.at(-1)).toBeLessThanOrEqual(320);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(150);
  });
});

describe("the readable core", () => {
  test("value.ts imports nothing", () => {
    expect(readFileSync(resolve(root, "src/scalar/value.ts"), "utf8")).not.toMatch(/^import /m);
  });

  test("is under 900 lines together", () => {
    expect(CORE.reduce((sum, file) => sum + lines(resolve(root, "src", file)), 0)).toBeLessThan(900);
  });
});
