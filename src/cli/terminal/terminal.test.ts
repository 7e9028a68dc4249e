import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Output, Terminal } from "./terminal.ts";

/** A stream that records what is written to it. */
function stream(about: { isTTY?: boolean; columns?: number } = {}): Output & { text(): string } {
  const through = new PassThrough();
  return Object.assign(through, about, { text: () => String(through.read() ?? "") });
}

const ESCAPE = "\u001b";
const CLEAR = `${ESCAPE}[2K${ESCAPE}[1G`;

describe("a pipe", () => {
  test("gets plain text, by line or in pieces", () => {
    const output = stream();
    const terminal = new Terminal(output, {});
    terminal.line("one");
    terminal.line();
    terminal.write("tw");
    terminal.write("o");
    terminal.line(terminal.color.bold(terminal.color.cyan("three")));
    expect(output.text()).toBe("one\n\ntwothree\n");
    expect(terminal.live).toBe(false);
  });

  test("counts as 80 columns wide", () => {
    expect(new Terminal(stream(), {}).columns).toBe(80);
  });

  test("whose reader leaves gets no more text, without an error", async () => {
    const output = stream();
    const terminal = new Terminal(output, {});
    expect(await terminal.heard()).toBe(true);
    output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(await terminal.heard()).toBe(false);
    expect(terminal.closed).toBe(true);
    expect(() => terminal.line("more")).not.toThrow();
  });

  test("to a full disk gets no more text, and the reason is reported once", async () => {
    const output = stream();
    const lost: string[] = [];
    const terminal = new Terminal(output, {}, ({ message }) => lost.push(message));
    for (const _ of [1, 2]) output.emit("error", Object.assign(new Error("no space"), { code: "ENOSPC" }));
    terminal.line("more");
    expect(output.text()).toBe("");
    expect(lost).toEqual([expect.stringMatching(/^standard output: expected to write, got a full disk; /)]);
    // The command continues: there may be files to write.
    expect(await terminal.heard()).toBe(true);
  });

  test("that fails because of a bug is an error", () => {
    const output = stream();
    new Terminal(output, {});
    expect(() => output.emit("error", new Error("internal"))).toThrow("internal");
  });
});

describe("pieces that are made one by one", () => {
  function* slowly(made: string[]): Generator<string, void> {
    for (let i = 0; i < 100; i++) {
      const begin = performance.now();
      while (performance.now() - begin < 5);
      made.push("a");
      yield "a";
    }
  }

  test("are written to the end", async () => {
    const output = stream();
    await new Terminal(output, {}).pour(["one", " ", "two"]);
    expect(output.text()).toBe("one two");
  });

  test("stop when they are no longer wanted, and yield to other tasks", async () => {
    let wanted = true;
    const made: string[] = [];
    setTimeout(() => {
      wanted = false;
    }, 60);
    await new Terminal(stream(), {}).pour(slowly(made), () => wanted);
    expect(made.length).toBeLessThan(100);
  });

  test("stop when the reader has left", async () => {
    const output = stream();
    const made: string[] = [];
    setTimeout(() => output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })), 60);
    await new Terminal(output, {}).pour(slowly(made));
    expect(made.length).toBeLessThan(100);
  });
});

describe("a terminal", () => {
  test("shows a line that the next one replaces", () => {
    const output = stream({ isTTY: true, columns: 80 });
    const terminal = new Terminal(output, {});
    expect(terminal.live).toBe(true);
    terminal.show("step 1");
    terminal.show("step 2");
    terminal.line("done");
    terminal.line("next");
    expect(output.text()).toBe(`step 1${CLEAR}step 2${CLEAR}done\nnext\n`);
  });

  test("cuts such a line so that it does not wrap", () => {
    const output = stream({ isTTY: true, columns: 10 });
    new Terminal(output, {}).show("0123456789 and more");
    expect(output.text()).toBe("012345678");
  });

  test.each<[about: { isTTY?: boolean; columns?: number }, columns: number]>([
    [{ isTTY: true, columns: 132 }, 132],
    [{ isTTY: true, columns: 0 }, 80],
    [{ isTTY: true }, 80],
  ])("%j is %i columns wide", (about, columns) => {
    expect(new Terminal(stream(about), {}).columns).toBe(columns);
  });

  test.each<[env: Record<string, string>, live: boolean, bold: string]>([
    [{}, true, `${ESCAPE}[1mx${ESCAPE}[22m`],
    [{ TERM: "xterm-256color" }, true, `${ESCAPE}[1mx${ESCAPE}[22m`],
    [{ NO_COLOR: "" }, true, `${ESCAPE}[1mx${ESCAPE}[22m`],
    [{ NO_COLOR: "1" }, true, "x"],
    [{ TERM: "dumb" }, false, "x"],
  ])("with %j is live: %j, and bold is %j", (env, live, bold) => {
    const output = stream({ isTTY: true, columns: 80 });
    const terminal = new Terminal(output, env);
    terminal.line(terminal.color.bold("x"));
    expect({ live: terminal.live, bold: output.text() }).toEqual({ live, bold: `${bold}\n` });
  });

  test("breaks lines at words and indents the rest, but not commands and records", () => {
    const output = stream({ isTTY: true, columns: 20 });
    const terminal = new Terminal(output, {});
    terminal.line("note: three documents are too long");
    terminal.verbatim("next: microgpt train README.md");
    terminal.record("note", { text: "three documents are too long" });
    expect(output.text().split("\n")).toEqual([
      "note: three",
      "  documents are too",
      "  long",
      "next: microgpt train README.md",
      '{"type":"note","text":"three documents are too long"}',
      "",
    ]);
  });

  test("breaks pieces as they arrive, below each other", async () => {
    const output = stream({ isTTY: true, columns: 22 });
    const terminal = new Terminal(output, {});
    await terminal.pour([..."sample 1: the quick red fox"], () => true, 10);
    terminal.line();
    expect(output.text()).toBe("sample 1: the quick\n          red fox\n");
  });
});

describe("control characters", () => {
  const HOSTILE = "a\u001b]52;c;aGk=\u0007b\u009b2Jc\rd\be\u007ff\u202eg";
  const SHOWN = "a\\x1b]52;c;aGk=\\x07b\\u009b2Jc\\x0dd\\x08e\\u007ff\\u202eg";

  const WAYS: readonly [name: string, say: (terminal: Terminal, text: string) => unknown][] = [
    ["line", (terminal, text) => terminal.line(text)],
    ["verbatim", (terminal, text) => terminal.verbatim(text)],
    ["write", (terminal, text) => terminal.line(terminal.write(text) ?? "")],
    ["pour", (terminal, text) => terminal.pour([...text])],
    ["show", (terminal, text) => terminal.show(text)],
    ["color", (terminal, text) => terminal.line(terminal.color.dim(text))],
  ];

  test.each(WAYS)("of a text are shown as escapes on a terminal: %s", async (_, say) => {
    for (const env of [{}, { TERM: "dumb" }, { NO_COLOR: "1" }]) {
      const output = stream({ isTTY: true, columns: 80 });
      await say(new Terminal(output, env), HOSTILE);
      expect(output.text().replaceAll(`${ESCAPE}[2m`, "").replaceAll(`${ESCAPE}[22m`, "").trimEnd()).toBe(SHOWN);
    }
  });

  test.each(WAYS.filter(([name]) => name !== "show"))("stay as they are in a pipe: %s", async (_, say) => {
    const output = stream();
    await say(new Terminal(output, {}), HOSTILE);
    expect(output.text().trimEnd()).toBe(HOSTILE);
  });

  test("of a record are JSON's, so that the terminal's output can be parsed", () => {
    const output = stream({ isTTY: true, columns: 20 });
    new Terminal(output, {}).record("sample", { text: HOSTILE });
    const text = output.text();
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(JSON.parse(text)).toEqual({ type: "sample", text: HOSTILE });
  });

  test("do not include right-to-left text and emoji", () => {
    const output = stream({ isTTY: true, columns: 80 });
    new Terminal(output, {}).line("سلام\u200f! 👩\u200d👩\u200d👧 ❤\ufe0f");
    expect(output.text()).toBe("سلام\u200f! 👩\u200d👩\u200d👧 ❤\ufe0f\n");
  });

  test("never reach a terminal, whatever the text and its width", async () => {
    const control = fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code));
    const text = fc.string({ unit: fc.oneof(control, fc.constantFrom(" ", "[31m", "é", "文", "👧"), fc.string()) });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async (text, columns) => {
        for (const [, say] of WAYS.filter(([name]) => name !== "color")) {
          const output = stream({ isTTY: true, columns });
          await say(new Terminal(output, {}), text);
          expect(output.text()).not.toMatch(/[^\P{Cc}\n\t]/u);
        }
      }),
    );
  });
});
