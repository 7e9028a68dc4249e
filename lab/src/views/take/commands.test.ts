import { expect, test } from "vitest";
import { commandsFor, type Downloaded } from "./commands.ts";

const names: Downloaded = {
  file: "m.safetensors",
  isRun: true,
  finishedAt: undefined,
  data: { name: "names" },
  mode: "documents",
  dataFile: "d.txt",
};

test.each<[what: string, downloaded: Partial<Downloaded>, resume: string | undefined, evaluate: string | undefined]>([
  ["the package's names", {}, "train --data ssa --resume m.safetensors", undefined],
  ["a finished run", { finishedAt: 50 }, "train --data ssa --resume m.safetensors --num_steps 100", undefined],
  ["weights only", { isRun: false }, undefined, undefined],
  [
    "another data set",
    { data: { name: "story" }, mode: "stream" },
    "train d.txt --mode stream --resume m.safetensors",
    "eval d.txt --model m.safetensors",
  ],
  [
    "one's own text called names",
    { data: { name: "names", text: "a\nb" } },
    "train d.txt --mode documents --resume m.safetensors",
    "eval d.txt --model m.safetensors",
  ],
  ["data that is not here", { data: { name: "names", missing: true } }, "train --resume m.safetensors", undefined],
])("of %s", (_, downloaded, resume, evaluate) => {
  const commands = commandsFor({ ...names, ...downloaded });
  const lineOf = (does: string): string | undefined => commands.find((command) => command.does === does)?.line;
  expect(lineOf("sample")).toBe("npx microgpt sample m.safetensors --seed 42 --strict");
  expect(lineOf("resume")).toBe(resume && `npx microgpt ${resume}`);
  expect(lineOf("eval")).toBe(evaluate && `npx microgpt ${evaluate}`);
});
