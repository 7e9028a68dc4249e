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
import { ATTENTION, attentionScratch, renderAttention } from "./c/attention.ts";
import { Code } from "./c/code.ts";
import { renderColumnReduction, renderElementwise, renderRowReduction } from "./c/map.ts";
import { prelude } from "./c/prelude.ts";
import { productScratch, renderProduct } from "./c/product.ts";
import { renderScatter } from "./c/scatter.ts";
import type { Scope } from "./c/scope.ts";
import { team } from "./c/team.ts";
import { tiles } from "./c/tiles.ts";
import type { Vectors } from "./target.ts";

/** Bytes of scratch memory that each thread needs for a program. */
export function scratchBytes({ kernels, maxRows }: Program, vectors: Vectors): number {
  const entries = kernels.map((kernel) => {
    if (kernel.kind === "library") return attentionScratch(kernel, maxRows, vectors);
    if (kernel.kind !== "map") return 0;
    const schedule = scheduleOf(kernel);
    if (schedule.kind !== "product") return 0;
    return productScratch(kernel, schedule.product, maxRows, vectors.lanes, vectors.tileRows);
  });
  return Math.ceil((4 * Math.max(0, ...entries) + 64) / 64) * 64 + 64;
}

/** C of the programs. It exports `team_start`, `team_run` and `team_end` (see c/team.ts). */
export function render(programs: readonly Program[], vectors: Vectors): string {
  const functions = new Map<string, string>();
  const texts: string[] = [];
  const programTexts = programs.map((program, i) => {
    const calls = new Code();
    const update = firstUpdate(program);
    for (const kernel of program.kernels) {
      const same = parametric(kernel);
      const key = `${program.maxRows} ${same.key}`;
      let name = functions.get(key);
      if (name === undefined) {
        name = `kernel_${functions.size}`;
        functions.set(key, name);
        texts.push(renderKernel(name, same, program.maxRows, vectors));
      }
      const address = (buffer: Buffer, offset = 0): string =>
        `(F *)(arena + ${addressOf(program, buffer) + 4 * offset})`;
      if (kernel === update) {
        // All threads must have read a guard before the host may write to it.
        for (const guard of program.guards) {
          calls.line(`if (!__builtin_isfinite(*${address(guard)})) { team_meet(team, job); return; }`);
        }
      }
      const args = same.args.map(({ buffer, offset }) => address(buffer, offset));
      calls.line(`${name}(job, (F *[]){${args.join(", ")}});`);
      calls.line("team_meet(team, job);");
    }
    return `static void program_${i}(Team *team, const Job *job, char *arena) {\n${calls}\n}`;
  });
  const table = `static Program *const PROGRAMS[] = {${programs.map((_, i) => `program_${i}`).join(", ")}};`;
  const support = [team.headers, prelude(vectors), tiles(vectors), ATTENTION, team.types];
  return [...support, ...texts, ...programTexts, table, team.functions].join("\n\n");
}

function addressOf(program: Program, buffer: Buffer): number {
  const address = program.plan.addresses.get(buffer);
  if (address === undefined) throw internalError(`buffer ${buffer.name} without an address`);
  return address;
}

function renderKernel(name: string, { kernel, args }: ParametricKernel, maxRows: number, vectors: Vectors): string {
  const names = new Map(args.map(({ parameter }, i) => [parameter, `p[${i}]`]));
  const helpers: string[] = [];
  const code = new Code();
  const scope: Scope = {
    code,
    vectors,
    maxRows,
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
