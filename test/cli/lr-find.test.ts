/** `microgpt lr-find`: a learning rate from a sweep. */

import { describe, expect, test } from "vitest";
import { Folder } from "../support/cli.ts";

const folder = new Folder();
folder.write("lines.txt", ["anna", "bella", "carla", "dora", "emma", "fiona"].join("\n"));
const find = (args: string): ReturnType<Folder["microgpt"]> => folder.microgpt(`lr-find ${args}`);

test("plots the sweep and prints the command to type", async () => {
  const { code, stdout, stderr } = await find("lines.txt --n_embd 8 --n_head 2 --zero_init no");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/•.*\n.*loss by learning rate, smoothed\n\nsuggestion: /s);
  const [, suggested] = /^suggestion: (\S+), a twentieth of \S+, where the loss exploded$/m.exec(stdout) ?? [];
  expect(Number(suggested)).toBeGreaterThan(0);
  const next = stdout.trim().split("\n").at(-1) ?? "";
  expect(next).toMatch(/^next: (npx )?microgpt train lines.txt --/);
  expect(next).toMatch(new RegExp(`--zero_init no.* --learning_rate ${suggested}$`));
  const command = next.slice(next.indexOf("train"));
  const { code: trained } = await folder.microgpt(`${command} --num_steps 2`);
  expect(trained).toBe(0);
});

test("--json has each point and the suggestion, --quiet only the suggestion", async () => {
  const lines = (await find("lines.txt --json --num_steps 4 --from 0.001 --to 0.008")).stdout.trim().split("\n");
  const objects = lines.map((line): Record<string, unknown> => JSON.parse(line));
  expect(objects.map(({ type }) => type)).toEqual(["point", "point", "point", "point", "suggestion"]);
  expect(objects.at(-1)).toMatchObject({ learningRate: 0.0004, exploded: false });
  expect((await find("lines.txt --quiet --num_steps 4 --from 0.001 --to 0.008")).stdout).toBe("0.0004\n");
});

test("leaves no file behind", async () => {
  const before = folder.names();
  await find("lines.txt --num_steps 2");
  expect(folder.names()).toEqual(before);
});

describe("refuses", () => {
  test.each([
    ["a range that falls", "--from 0.1 --to 0.01", "usage: expected --to above --from 0.1, got 0.01"],
    ["a single step", "--num_steps 1", "usage: expected --num_steps to be a whole number, 2 or more"],
    [
      "a rate to train with",
      "--learning_rate 0.1",
      "expected a flag of microgpt lr-find, got --learning_rate; microgpt train has it",
    ],
  ])("%s", async (_, flags, message) => {
    const { code, stderr } = await find(`lines.txt ${flags}`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
