/** Additions to the help besides arguments and flags: the purpose of each command, and examples. */

import type { Command } from "commander";
import { internalError } from "../../util/errors.ts";

type Example = readonly [line: string, what: string];

const GROUPS: { readonly [heading: string]: { readonly [command: string]: readonly Example[] } } = {
  "Train:": {
    train: [
      ["train my-text.txt", "on your own text: picks a model for it, takes a minute"],
      [
        "train my-text.txt --n_layer 4 --num_steps 2000 --out big.safetensors",
        "with sizes, steps and a name of your own",
      ],
      ["train --resume model.safetensors", "continues a run that was stopped"],
    ],
    prepare: [
      ["prepare books/ --out books-data", "then: microgpt train books-data"],
      ["prepare wiki.jsonl --field body --tokenizer bpe --out wiki-data", "larger tokens, learned from the text"],
    ],
    "lr-find": [
      ["lr-find my-text.txt", "suggests a learning rate for it"],
      ["lr-find my-text.txt --n_layer 4 --n_embd 128", "for a model of these sizes"],
    ],
    sweep: [
      ["sweep my-text.txt --learning_rate 0.001,0.003,0.01", "three runs, the best first"],
      ["sweep my-text.txt --n_layer 1,2 --dropout 0,0.1 --jobs 2", "four runs, two at a time"],
    ],
    runs: [
      ["runs", "all runs here and in the folders below, the best first"],
      ["runs model.safetensors model-2.safetensors", "two of them, with their curves on one chart"],
    ],
  },
  "Use a model:": {
    sample: [
      ['sample --start "Once upon" --temperature 0.8', "from the newest model, with a beginning of your own"],
      ["sample model.safetensors --num_samples 5 --top_k 20", "from this one"],
    ],
    chat: [
      ["chat", "with the newest model; type a beginning, or exit to leave"],
      ["chat model.safetensors --temperature 0.8", "with this one"],
    ],
    lab: [
      ["lab", "with its own data"],
      ["lab model.safetensors", "with your model"],
    ],
    eval: [
      ["eval other.txt", "how well the newest model predicts this text"],
      ["eval other.txt --model model.safetensors", "the same for this model"],
    ],
  },
  "Look inside:": {
    info: [
      ["info", "of the newest model"],
      ["info model.safetensors --json", "of this one, for programs"],
    ],
    tokenizer: [
      ['tokenizer --text "hello there"', "how the newest model splits this text"],
      ["tokenizer model.safetensors --out tokenizer.json", "for Hugging Face's libraries"],
    ],
    graph: [
      ["graph --only kernels", "of the model that train makes from names"],
      ["graph model.safetensors", "of this one"],
    ],
    bench: [
      ["bench --quick", "a first impression"],
      ["bench --threads 2 --json", "with one thread and with two, for programs"],
    ],
  },
};

/** Adds them to the help of the program and of its commands. */
export function addHelp(program: Command): void {
  const groups = Object.entries(GROUPS);
  for (const command of program.commands) {
    const [heading, commands] = groups.find(([, commands]) => Object.hasOwn(commands, command.name())) ?? [];
    const examples = commands?.[command.name()] ?? [];
    if (heading === undefined || examples.length === 0) throw internalError(`no examples for ${command.name()}`);
    command.helpGroup(heading).addHelpText("after", `\nExamples:\n${examples.map(described).join("\n")}`);
  }
}

/** The line to type with its description below, since both together would be too wide for many terminals. */
function described([line, what]: Example): string {
  return `  microgpt ${line}\n      ${what}`;
}
