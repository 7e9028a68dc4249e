/** Products so small that their code knows their sizes: no blocks, no calls, B turned into a panel on the stack. */

import type { Product } from "../../backend/schedule.ts";
import type { MapKernel } from "../../compile/kernel.ts";
import { isDynamic } from "../../util/dim.ts";
import type { Shape } from "./blocking.ts";
import { turn } from "./prelude.ts";
import { extent, type Scope } from "./scope.ts";
import { inlineTile, inlineTileName } from "./tiles.ts";

/** `deliver` is the name of the function that takes the sums of a tile. */
export function renderSmallProduct(
  scope: Scope,
  { space }: MapKernel,
  product: Product,
  { n, maxK, a, b }: Shape,
  deliver: string,
): void {
  const { code, nameOf, vectors } = scope;
  const { lanes, registers } = vectors;
  const m = space[product.m] ?? 1;
  const most = registers === 32 ? 4 : 2;
  const turned = b.n !== 1;
  const columns = Math.ceil(n / lanes) * lanes;
  const k = extent(product.size);
  const widths = new Set<number>();
  for (let at = 0; at < columns; at += most * lanes) widths.add(Math.min(most, (columns - at) / lanes));
  // Sums of several vectors of columns proceed side by side, and of eight rows otherwise.
  const rows = widths.has(1) ? 8 : 4;
  code.line(`I first, end; share(job, ${extent(m)}, 8, &first, &end);`);
  code.line(`const F *const a = ${nameOf(product.left)} + ${product.left.offset};`);
  code.line(`const F *b = ${nameOf(product.right)} + ${product.right.offset};`);
  code.line("const Env env = {job, at, {0}};");
  if (turned) {
    scope.support(turn(vectors));
    code.line("if (first == end) return;");
    code.line(`V panel[${Math.ceil(maxK / lanes) * columns}];`);
    code.line(`turn(b, ${b.n}, ${n}, ${maxK}, ${columns / lanes}, (F *)panel);`);
    code.line("b = (const F *)panel;");
  }
  const tile = (count: number): void => {
    for (let at = 0; at < columns; at += most * lanes) {
      const width = Math.min(most, (columns - at) / lanes);
      scope.support(inlineTile(count, width));
      code.block("", () => {
        code.line(`V sums[${count * width}];`);
        const operands = `a + r * ${a.m}, ${a.m}, ${a.k}, b + ${at}, ${turned ? columns : b.k}, ${k}`;
        code.line(`${inlineTileName(count, width)}(${operands}, sums, 1);`);
        const taken = isDynamic(m) ? `least(${count}, end - r)` : count;
        code.line(`${deliver}(&env, r, ${taken}, ${at}, ${Math.min(width * lanes, n - at)}, ${width}, sums);`);
      });
    }
  };
  code.line("I r = first;");
  if (isDynamic(m)) {
    // Spare rows complete the last tile; their sums are not stored.
    code.block(`for (; r < end; r += ${rows})`, () => tile(rows));
    return;
  }
  if (m >= rows) code.block(`for (; r + ${rows} <= end; r += ${rows})`, () => tile(rows));
  if (m % rows > 0) code.block("if (r < end)", () => tile(m % rows));
}
