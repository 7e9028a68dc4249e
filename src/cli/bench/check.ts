/** The results of a benchmark's runs, compared before its clock starts. */

import { log, namedParams, probabilities, Random, type Run, sample, samples, scoreOf } from "../../index.ts";
import type { Course } from "./course.ts";
import { apart, must } from "./measure.ts";

/** As many as the scalar engine takes in an instant at microgpt.py's size. */
const STEPS = 20;
const FEW_STEPS = 4;
const TEXTS = 8;
const TOKENS = 32;

/**
 * Compares the same run on several numbers of threads, and with the scalar engine where that is not too slow. Gives
 * what was found in words. Errors: an internal one if something differs.
 */
export async function checkCourses(courses: readonly Course[], scalar: Course | undefined): Promise<string[]> {
  const found: string[] = [];
  const steps = scalar === undefined ? FEW_STEPS : STEPS;
  const losses: number[][] = [];
  for (const course of courses) losses.push((await course.advance(steps)).map(({ loss }) => loss));
  const [first = []] = losses;
  if (scalar === undefined) {
    for (const { run } of courses) await checkLoss(run);
    found.push("the loss of a text is the same read token by token");
  } else {
    const expected = (await scalar.advance(steps)).map(({ loss }) => loss);
    must(apart(first, expected) <= 1e-3, "the losses are those of the scalar engine");
    found.push(`${steps} losses as those of the scalar engine`);
  }
  const [weights = [], ...others] = courses.map(({ run }) => weightsOf(run));
  must(
    others.every((other) => apart(other, weights) === 0),
    "any number of threads gives the same bits",
  );
  if (others.length > 0) found.push("the same bits with any number of threads");
  for (const { run } of courses) checkTexts(run);
  found.push("texts written together as those written alone");
  return found;
}

function weightsOf({ model }: Run): number[] {
  return namedParams(model.state().weights).flatMap(([, part]) => [...part]);
}

/** The program that writes and the one that evaluates must find a text equally likely. */
async function checkLoss({ model, sequences }: Run): Promise<void> {
  const tokens = sequences.at(0);
  const next = model.decoder();
  let loss = 0;
  for (const [i, target] of tokens.slice(1).entries()) {
    loss -= log(probabilities(next(tokens[i] ?? 0), 1)[target] ?? 0) / (tokens.length - 1);
  }
  const score = await scoreOf(model, [tokens], tokens.length - 1);
  must(apart([loss], [score.loss]) <= 1e-4, "a text read token by token has the loss of the whole");
}

/** At temperature 0 all texts are the same, however many are written at once. */
function checkTexts({ model, tokenizer }: Run): void {
  const options = { temperature: 0, maxNewTokens: TOKENS, random: new Random(1) };
  const alone = sample(model, tokenizer, options);
  const together = samples(model, tokenizer, { ...options, count: TEXTS });
  must(
    together.every((text) => text === alone),
    "texts written together are those written alone",
  );
}
