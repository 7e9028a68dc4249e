/** Training and generation with a model of one size, on each number of threads. */

import { type Corpus, Random, type Run, sample, samples } from "../../index.ts";
import { typed } from "../flags/engine.ts";
import { checkCourses } from "./check.ts";
import { Course, type SubjectName, titleOf } from "./course.ts";
import { type BenchContext, type Row, row } from "./measure.ts";

/** The figures of one size of model. */
export interface Subject {
  readonly title: string;
  readonly rows: readonly Row[];
  /** The check before the clock started, and its outcome. */
  readonly checks: readonly string[];
}

/** Texts that the compiled engine writes at once. */
const TOGETHER = 32;
/** Tokens of a text that has no end of its own. */
const TEXT_TOKENS = 64;
/** The least that a clocked piece of work takes, about. */
const ROUND_MS = 30;

/** A piece of work, and the speeds that the clock found. */
interface Timed {
  readonly id: string;
  readonly what: string;
  /** Does it `times` times; gives the tokens that were learned from or drawn. */
  work(times: number): Promise<number>;
  readonly perSecond: number[];
}

/** Errors: an internal one where a check fails. */
export async function measureSubject(name: SubjectName, names: Corpus, context: BenchContext): Promise<Subject> {
  const { quick, strict, threads, native } = context;
  const progress = (what: string): Promise<void> => context.progress(`${name}, ${what}`);
  await progress("check");
  const all: Course[] = [];
  const works: Timed[] = [];
  const checks = new Set<string>();
  for (const engine of [undefined, ...(native === undefined ? [] : [native])]) {
    const courses = threads.map((count) => new Course(name, names, { ...typed({ engine }), threads: count, strict }));
    const scalar = name === "microgpt" ? new Course(name, names, { engine: "scalar" }) : undefined;
    for (const check of await checkCourses(courses, scalar)) checks.add(check);
    await scalar?.close();
    works.push(...courses.flatMap((course, i) => worksOf(`${name}.`, engine?.name, threads[i] ?? 1, course)));
    all.push(...courses);
  }
  await clock(works, quick ? 3 : 9, progress);
  const [title = name] = all.map(({ run }) => titleOf(name, run));
  for (const course of all) await course.close();
  return {
    title,
    checks: [...checks],
    rows: works.map(({ id, what, perSecond }) => row({ id, what, unit: "tokens/s" }, perSecond)),
  };
}

function worksOf(prefix: string, machine: string | undefined, threads: number, course: Course): Timed[] {
  const random = new Random(1);
  const { run } = course;
  const options = run.mode === "documents" ? { random } : { random, maxNewTokens: TEXT_TOKENS };
  const timed = (id: string, what: string, work: Timed["work"]): Timed => {
    const on = `${machine === undefined ? "" : `${machine}, `}${threads === 1 ? "1 thread" : `${threads} threads`}`;
    const place = machine === undefined ? `${threads}` : `${machine}.${threads}`;
    return { id: `${prefix}${id}.${place}`, what: `${what}, ${on}`, work, perSecond: [] };
  };
  return [
    timed("train", "training", async (times) =>
      (await course.advance(times)).reduce((sum, { tokens }) => sum + tokens, 0),
    ),
    timed("sample", "writing one text at a time", async (times) =>
      tokensOf(
        Array.from({ length: times }, () => sample(run.model, run.tokenizer, options)),
        run,
      ),
    ),
    timed(`sample${TOGETHER}`, `writing ${TOGETHER} texts at once`, async (times) =>
      tokensOf(samples(run.model, run.tokenizer, { ...options, count: times * TOGETHER }), run),
    ),
  ];
}

/** Takes the works in turns, so that a minute in which the machine is slow is slow for all of them. */
async function clock(
  works: readonly Timed[],
  rounds: number,
  progress: (what: string) => Promise<void>,
): Promise<void> {
  const times = new Map<Timed, number>();
  for (const timed of works) times.set(timed, await timesToClock(timed));
  // The first round is not counted.
  for (let round = 0; round <= rounds; round++) {
    await progress(`round ${round} of ${rounds}`);
    for (const timed of works) {
      const start = performance.now();
      const tokens = await timed.work(times.get(timed) ?? 1);
      const speed = (1000 * tokens) / (performance.now() - start);
      if (round > 0) timed.perSecond.push(speed);
    }
  }
}

/** Repetitions in a round: doubled until they take long enough and V8 has compiled the code as well. */
async function timesToClock({ work }: Timed): Promise<number> {
  for (let times = 1; ; times *= 2) {
    const start = performance.now();
    await work(times);
    if (performance.now() - start >= ROUND_MS) return times;
  }
}

/** Tokens that were drawn: a document's end as well, unless the context was full before. */
function tokensOf(texts: readonly string[], { model: { config }, mode }: Run): number {
  const most = mode === "documents" ? config.blockSize : Infinity;
  const end = mode === "documents" ? 1 : 0;
  return texts.reduce((sum, text) => sum + Math.min([...text].length + end, most), 0);
}
