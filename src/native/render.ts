/**
 * Programs as C: a function for each group of kernels that differ only in their buffers' addresses (the layers of a GPT
 * share theirs), and one for each program, which calls them in order.
 */

import { type ParametricKernel, parametric } from "../backend/parametric.ts";
import { scheduleOf } from "../backend/schedule.ts";
import type { Program } from "../compile/compile.ts";
import type { Buffer, Kernel } from "../compile/kernel.ts";
import { firstUpdate } from "../compile/updates.ts";
import { CELL_BYTES } from "../util/cells.ts";
import { internalError } from "../util/errors.ts";
import { ATTENTION_TYPES, attention, attentionScratch, renderAttention } from "./c/attention.ts";
import { blockingOf } from "./c/blocking.ts";
import { Code } from "./c/code.ts";
import { renderColumnReduction, renderElementwise, renderRowReduction } from "./c/map.ts";
import { C_CELLS, prelude } from "./c/prelude.ts";
import { renderProduct } from "./c/product.ts";
import { renderScatter } from "./c/scatter.ts";
import type { Scope } from "./c/scope.ts";
import { TEAM, TEAM_HEADERS } from "./c/team.ts";
import { PRODUCT_TYPES, tiles } from "./c/tiles.ts";
import type { Vectors } from "./target.ts";

/** Bytes of scratch memory that each thread needs for a program. */
export function scratchBytes({ kernels, maxRows }: Program, vectors: Vectors): number {
  const entries = kernels.map((kernel) => {
    if (kernel.kind === "library") return attentionScratch(kernel, maxRows, vectors);
    if (kernel.kind !== "map") return 0;
    const schedule = scheduleOf(kernel);
    if (schedule.kind !== "product") return 0;
    return blockingOf(kernel, schedule.product, maxRows, vectors).scratch;
  });
  return Math.ceil((4 * Math.max(0, ...entries) + 64) / 64) * 64 + 64;
}

/** The types by which programs and their support know each other. */
function types(vectors: Vectors): string {
  return [prelude(vectors), PRODUCT_TYPES, ATTENTION_TYPES, SUPPORT_TYPES].join("\n");
}

const SUPPORT_TYPES = `
struct Support {
  void (*product)(const Product *product, Deliver *deliver, const Env *env);
  void (*dots)(const Product *product, Deliver *deliver, const Env *env);
  void (*attention)(const Attention *attention, const Job *job);
  void (*attention_grad)(const Attention *attention, const Job *job);
  /* Waits for all threads of the run. */
  void (*wait)(const Job *job);
};
/* Runs all kernels of a program. */
typedef void Program(const Job *job);
#define MEET if (job->threads > 1) job->support->wait(job)
`;

/** C of what is the same for all programs, compiled once. It exports the functions of c/team.ts. */
export function renderSupport(vectors: Vectors): string {
  return [TEAM_HEADERS, types(vectors), tiles(vectors), attention(vectors), TEAM].join("\n");
}

/** Text from which another unit pays: it takes as long to compile as to start a compiler, and the two run side by side. */
const WORTH_UNIT = 16384;

/**
 * C of programs, in one unit or two. It exports `program_at`, which gives the address of the program of a number.
 */
export function renderPrograms(programs: readonly Program[], vectors: Vectors): string[] {
  const names = new Map<string, string>();
  const kernels: RenderedKernel[] = [];
  const kernelOf = (same: ParametricKernel, maxRows: number): string => {
    const key = `${maxRows} ${same.key}`;
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = `kernel_${names.size}`;
    names.set(key, name);
    kernels.push(renderKernel(name, same, maxRows, vectors));
    return name;
  };
  const runs = programs.map((program, i) => renderRun(program, `program_${i}`, kernelOf));
  const all = programs.map((_, i) => `program_${i}`).join(", ");
  const find = `Program *program_at(int i) { return (Program *[]){${all}}[i]; }`;
  const heads = [...names.values()].map(
    (name) => `void ${name}(const Job *job, const I *at) WRITES __attribute__((visibility("hidden")));`,
  );
  const unit = (own: readonly RenderedKernel[], rest: readonly string[]): string =>
    [
      types(vectors),
      ...new Set(own.flatMap(({ support }) => support)),
      ...heads,
      ...own.map(({ text }) => text),
      ...rest,
    ].join("\n\n");
  const [first, second] = halves(kernels);
  return [unit(first, [...runs, find]), ...(second.length > 0 ? [unit(second, [])] : [])];
}

interface RenderedKernel {
  readonly text: string;
  /** Functions that it shares with others. */
  readonly support: readonly string[];
}

/** Two lists of about the same length of text, unless one unit is enough. */
function halves(kernels: readonly RenderedKernel[]): [RenderedKernel[], RenderedKernel[]] {
  const length = (list: readonly RenderedKernel[]): number => list.reduce((sum, { text }) => sum + text.length, 0);
  const lists: [RenderedKernel[], RenderedKernel[]] = [[], []];
  if (length(kernels) < WORTH_UNIT) return [[...kernels], []];
  const [one, other] = lists;
  for (const kernel of kernels) (length(one) <= length(other) ? one : other).push(kernel);
  return lists;
}

/** The function that runs a program: its kernels in order, with the places of their buffers as byte offsets in the arena. */
function renderRun(
  program: Program,
  name: string,
  kernelOf: (same: ParametricKernel, maxRows: number) => string,
): string {
  const { plan, maxRows, guards, kernels } = program;
  const placeOf = (buffer: Buffer, offset = 0): number => {
    const address = plan.addresses.get(buffer);
    if (address === undefined) throw internalError(`buffer ${buffer.name} without an address`);
    return address + CELL_BYTES[buffer.cell] * offset;
  };
  const update = firstUpdate(program);
  const code = new Code();
  code.block(`static WRITES void ${name}(const Job *job)`, () => {
    for (const kernel of kernels) {
      const same = parametric(kernel);
      if (kernel === update && guards.length > 0) {
        const finite = guards.map((guard) => `__builtin_isfinite(*(F *)(job->arena + ${placeOf(guard)}))`);
        // All threads must have read the guards before the host may write to them.
        code.line(`if (!(${finite.join(" && ")})) { MEET; return; }`);
      }
      const places = same.args.map(({ buffer, offset }) => placeOf(buffer, offset));
      code.block("", () => {
        code.line(`static const I at[] = {${places.join(", ")}};`);
        code.line(`${kernelOf(same, maxRows)}(job, at);`);
      });
      code.line("MEET;");
    }
  });
  return code.toString();
}

function renderKernel(
  name: string,
  { kernel, args }: ParametricKernel,
  maxRows: number,
  vectors: Vectors,
): RenderedKernel {
  const names = new Map(args.map(({ parameter }, i) => [parameter, `p${i}`]));
  const cells = args.map(({ parameter }) => parameter.cell);
  const helpers: string[] = [];
  const support: string[] = [];
  const code = new Code();
  const scope: Scope = {
    code,
    vectors,
    maxRows,
    support: (text) => support.push(text),
    point: (own) => {
      for (const [i, pointer] of [...names.values()].entries()) {
        const type = C_CELLS[cells[i] ?? "f32"];
        own.line(`${type} *const ${pointer} = (${type} *)(job->arena + at[${i}]);`);
      }
    },
    nameOf: ({ buffer }) => names.get(buffer) ?? buffer.name,
    helper: (write) => {
      const own = new Code();
      const helper = `${name}_${helpers.length}`;
      write(helper, own);
      helpers.push(own.toString());
      return helper;
    },
  };
  code.block(`void ${name}(const Job *job, const I *at)`, () => {
    scope.point(code);
    renderBody(scope, kernel);
  });
  return { text: [...helpers, code.toString()].join("\n"), support };
}

function renderBody(scope: Scope, kernel: Kernel): void {
  switch (kernel.kind) {
    case "scatter":
      renderScatter(scope, kernel);
      return;
    case "library":
      renderAttention(scope, kernel);
      return;
    case "map": {
      const schedule = scheduleOf(kernel);
      switch (schedule.kind) {
        case "elementwise":
          renderElementwise(scope, kernel);
          return;
        case "product":
          renderProduct(scope, kernel, schedule.product);
          return;
        case "row reduction":
          renderRowReduction(scope, kernel, schedule.reduction);
          return;
        case "column reduction":
          renderColumnReduction(scope, kernel, schedule.reduction);
      }
    }
  }
}
