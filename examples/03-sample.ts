/**
 * Loads the model that 02-train.ts saved and looks at how it writes: which letters does it consider after each one?
 *
 *     npx tsx examples/03-sample.ts
 */

import { generate, probabilities, Random, sample } from "microgpt";
import { loadCheckpoint } from "microgpt/node";

const { model, tokenizer } = await loadCheckpoint("example.safetensors");

// The three likeliest letters after each beginning: a decoder takes a token and returns the logits of the next.
for (const start of ["", "m", "ma"]) {
  const next = model.decoder();
  let logits = next(tokenizer.bos);
  for (const id of tokenizer.encode(start)) logits = next(id);
  const likeliest = probabilities(logits, 1)
    .map((p, id) => ({ p, letter: id === tokenizer.bos ? "(end)" : tokenizer.decode([id]) }))
    .sort((x, y) => y.p - x.p)
    .slice(0, 3);
  console.log(
    `after "${start}": ${likeliest.map(({ letter, p }) => `${letter} ${(100 * p).toFixed(0)} %`).join(", ")}`,
  );
}

// Temperature divides the logits: towards 0 always the likeliest letter, above 1 bolder.
for (const temperature of [0.1, 0.5, 1, 2]) {
  const random = new Random(1);
  const names = Array.from({ length: 5 }, () => sample(model, tokenizer, { random, temperature, start: "ma" }));
  console.log(`temperature ${temperature}: ${names.join(", ")}`);
}

// Filters restrict the choice: only the likeliest letters, or fewer of those already in the name.
const filters = [{ topK: 3 }, { topP: 0.9 }, { minP: 0.1 }, { repetitionPenalty: 1.5 }, { stop: ["n"] }];
for (const options of filters) {
  const random = new Random(1);
  const names = Array.from({ length: 5 }, () => sample(model, tokenizer, { random, temperature: 1, ...options }));
  console.log(`${JSON.stringify(options)}: ${names.join(", ")}`);
}

// Letter by letter, as it is drawn.
process.stdout.write("streamed: ");
for (const letter of generate(model, tokenizer, { random: new Random(2) })) process.stdout.write(`${letter} `);
process.stdout.write("\n");
