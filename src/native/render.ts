/**
 * Programs as C: a function for each group of kernels that differ only in their buffers' addresses (the layers of a GPT
 * share theirs), and one for each program, which calls them in order.
 */

import { type ParametricKernel, parametric } from "../backend/parametric.ts";
import { scheduleOf } from "../backend/schedule.ts";
import type { Program } from "../compile/compile.ts";
import type { Buffer, Kernel } from "../compile/kernel.ts";
import { firstUpdate } from "../compile/updates.ts";
import { internalError } from "../util/errors.ts";
import { ATTENTION, ATTENTION_TYPES, attentionScratch, renderAttention } from "./c/attention.ts";
import { blockingOf } from "./c/blocking.ts";
import { Code } from "./c/code.ts";
import { renderColumnReduction, renderElementwise, renderRowReduction } from "./c/map.ts";
import { prelude } from "./c/prelude.ts";
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
  /* Waits for all threads of a run. */
  void (*wait)(const Job *job);
};
typedef void Program(const Job *job, char *arena);
INLINE void meet(const Job *job) { if (job->threads > 1) job->support->wait(job); }
`;

/** C of what is the same for all programs, compiled once. It exports the functions of c/team.ts. */
export function renderSupport(vectors: Vectors): string {
  return [TEAM_HEADERS, types(vectors), tiles(vectors), ATTENTION, TEAM].join("\n");
}

/** C of programs. It exports `program_at`, which gives the address of the program of a number. */
export function renderPrograms(programs: readonly Program[], vectors: Vectors): string {
  const functions = new Map<string, string>();
  const support = new Set<string>();
  const kernels: string[] = [];
  const texts = programs.map((program, i) => {
    const calls = new Code();
    const update = firstUpdate(program);
    for (const kernel of program.kernels) {
      const same = parametric(kernel);
      const key = `${program.maxRows} ${same.key}`;
      let name = functions.get(key);
      if (name === undefined) {
        name = `kernel_${functions.size}`;
        functions.set(key, name);
        kernels.push(renderKernel(name, same, program.maxRows, vectors, (text) => support.add(text)));
      }
      const address = (buffer: Buffer, offset = 0): string =>
        `(F *)(arena + ${addressOf(program, buffer) + 4 * offset})`;
      if (kernel === update) {
        // All threads must have read a guard before the host may write to it.
        for (const guard of program.guards) {
          calls.line(`if (!__builtin_isfinite(*${address(guard)})) { meet(job); return; }`);
        }
      }
      const args = same.args.map(({ buffer, offset }) => address(buffer, offset));
      calls.line(`${name}(job, (F *[]){${args.join(", ")}});`);
      calls.line("meet(job);");
    }
    return `static void program_${i}(const Job *job, char *arena) {\n${calls}\n}`;
  });
  const table = programs.map((_, i) => `program_${i}`).join(", ");
  const find = `Program *program_at(int i) { return (Program *[]){${table}}[i]; }`;
  return [types(vectors), ...support, ...kernels, ...texts, find].join("\n\n");
}

function addressOf(program: Program, buffer: Buffer): number {
  const address = program.plan.addresses.get(buffer);
  if (address === undefined) throw internalError(`buffer ${buffer.name} without an address`);
  return address;
}

function renderKernel(
  name: string,
  { kernel, args }: ParametricKernel,
  maxRows: number,
  vectors: Vectors,
  support: (text: string) => void,
): string {
  const names = new Map(args.map(({ parameter }, i) => [parameter, `p[${i}]`]));
  const helpers: string[] = [];
  const code = new Code();
  const scope: Scope = {
    code,
    vectors,
    maxRows,
    support,
    nameOf: ({ buffer }) => names.get(buffer) ?? buffer.name,
    helper: (write) => {
      const own = new Code();
      const helper = `${name}_${helpers.length}`;
      write(helper, own);
      helpers.push(own.toString());
      return helper;
    },
  };
  code.block(`static void ${name}(const Job *job, F *const *p)`, () => renderBody(scope, kernel));
  return [...helpers, code.toString()].join("\n");
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
