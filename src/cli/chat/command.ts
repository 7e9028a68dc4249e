import { createInterface } from "node:readline";
import { loadCheckpoint } from "../../node.ts";
import { type EngineFlags, engineOptions } from "../flags/engine.ts";
import type { SamplingFlags } from "../flags/sampling.ts";
import type { IO } from "../io.ts";
import { onMachine } from "../machine.ts";
import { chosenModel } from "../model-files.ts";
import { inked } from "../terminal/ink.ts";
import { standardError } from "../terminal/terminal.ts";
import { Chat } from "./chat.ts";

/** Tokens of a conversation, about: machine code pays for models whose tokens take milliseconds. */
const TOKENS = 10_000;

/** Continues typed text: on a terminal with a prompt and a history, or the lines of a pipe one after the other. */
export async function chatCommand(
  path: string | undefined,
  flags: SamplingFlags & EngineFlags,
  { terminal }: IO,
): Promise<void> {
  const live = terminal.live && process.stdin.isTTY;
  const file = await chosenModel(path, "chat", { quiet: live });
  const errors = standardError();
  const saved = await loadCheckpoint(file, engineOptions(flags));
  const checkpoint = await onMachine(saved, flags, TOKENS, (text) => errors.line(`warning: ${text}`));
  using model = checkpoint.model;
  await model.wake();
  const chat = new Chat(checkpoint, flags, terminal, (message) => errors.line(`microgpt: ${message}`));
  const lines = createInterface({
    input: process.stdin,
    ...(live ? { output: process.stdout, prompt: inked(terminal.color.bold("> ")) } : {}),
    terminal: live,
    crlfDelay: Infinity,
  });
  let writing = false;
  lines.on("SIGINT", () => {
    if (writing) chat.stop();
    else lines.close();
  });
  const { vocabSize, blockSize } = model.config;
  if (live) {
    terminal.line(`${file}: ${vocabSize} tokens, a context of ${blockSize}; type a beginning, /help, or exit`);
    lines.prompt();
  }
  try {
    for await (const line of lines) {
      writing = true;
      const goesOn = await chat.line(line);
      writing = false;
      if (!goesOn || !(await terminal.heard())) break;
      if (live) lines.prompt();
    }
  } finally {
    // An open terminal would keep the process alive.
    lines.close();
  }
  if (live) terminal.line();
}
