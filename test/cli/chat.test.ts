/** Conversations: through a pipe, and on a pseudo-terminal opened by Python. */

import { spawnSync } from "node:child_process";
import { Random, sample } from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import { CLI, type Folder, folderWithNames, linesOf, TINY } from "../support/cli.ts";

let folder: Folder;
beforeAll(async () => {
  folder = folderWithNames();
  await folder.microgpt(`train names.txt ${TINY} --num_steps 60`);
});

describe("the lines of a pipe", () => {
  test("are continued like the library's, with the current settings", async () => {
    const { model, tokenizer } = folder.model("model.safetensors");
    const random = new Random(9);
    const expected = [
      sample(model, tokenizer, { random, start: "ma", topK: 3 }),
      sample(model, tokenizer, { random, start: "ma", topK: 3 }),
      "temperature 2",
      sample(model, tokenizer, { random, start: "el", topK: 3, temperature: 2 }),
    ];
    const input = "ma\n/again\n/temperature 2\nel";
    const { code, stdout, stderr } = await folder.microgpt("chat model.safetensors --top_k 3 --seed 9", { input });
    expect({ code, stderr, lines: linesOf(stdout) }).toEqual({ code: 0, stderr: "", lines: expected });
  });

  test("may hold mistakes: each is one line, and the conversation continues", async () => {
    const input = "Zoe\n/top_k none\n/what\nel\n";
    const { code, stdout, stderr } = await folder.microgpt("chat model.safetensors", { input });
    expect(code).toBe(0);
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/^microgpt: tokenizer: .*got "Z" \(U\+005A\); /),
      expect.stringMatching(/^microgpt: usage: expected \/top_k to be a whole number, 1 or more, got "none"; /),
      expect.stringMatching(/^microgpt: usage: expected a command, got "\/what"; see \/help$/),
    ]);
    expect(stdout).toMatch(/^el.*\n$/);
  });

  test("end with /quit, or at the end of the input", async () => {
    expect((await folder.microgpt("chat", { input: "/seed 1\n/quit\n/seed 2\n" })).stdout).toBe("seed 1\n");
    expect(await folder.microgpt("chat model.safetensors")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});

/** Types each text of a list when the terminal shows the prompt, and prints everything shown. */
const TYPIST = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:4])
shown = b""
for typed in sys.argv[4:]:
    while not shown.endswith(b"> \\x1b[3G"):
        shown += os.read(terminal, 4096)
    os.write(terminal, typed.encode())
    shown += os.read(terminal, 1)
try:
    while True:
        more = os.read(terminal, 4096)
        if not more: break
        shown += more
except OSError:
    pass
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
const absent = spawnSync("python3", ["-c", "import os, pty; os.waitstatus_to_exitcode"]).status !== 0;

describe.skipIf(absent)(absent ? "skipped because there is no python3 with pty" : "on a terminal", () => {
  async function typed(...texts: string[]): Promise<string> {
    const args = ["-c", TYPIST, process.execPath, CLI, "chat", ...texts];
    const { code, stdout, stderr } = await folder.startProgram("python3", args, {
      env: { TERM: "xterm", NO_COLOR: "1" },
    }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  }

  const UP = "\u001b[A";

  test.each([
    ["Ctrl-D", "\u0004"],
    ["Ctrl-C at the prompt", "\u0003"],
    ["/quit", "/quit\r"],
    ["exit", "exit\r"],
  ])("there is a prompt and a history; %s leaves", async (_, leave) => {
    const text = await typed("el\r", `${UP}\r`, leave);
    expect(text).toMatch(/^model\.safetensors: 18 tokens, a context of 16; type a beginning, \/help, or exit\r\n/);
    const { model, tokenizer } = folder.model("model.safetensors");
    const random = new Random(42);
    for (let i = 0; i < 2; i++) expect(text).toContain(`\n${sample(model, tokenizer, { random, start: "el" })}\r\n`);
  });
});
