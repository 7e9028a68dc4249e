/** Sums of products as matrix products, with the kernel's stores as what is done with the sums of a tile. */

import type { Product } from "../../backend/schedule.ts";
import type { Access, MapKernel } from "../../compile/kernel.ts";
import { type Blocking, blockingOf, type Shape, shapeOf } from "./blocking.ts";
import { Points } from "./points.ts";
import { extent, nest, type Scope } from "./scope.ts";
import { renderSmallProduct } from "./small-product.ts";
import { CELLS } from "./tiles.ts";

export function renderProduct(scope: Scope, kernel: MapKernel, product: Product): void {
  const { vectors, maxRows } = scope;
  const shape = shapeOf(kernel, product, maxRows);
  const blocking = blockingOf(kernel, product, maxRows, vectors);
  const deliver = renderDeliver(scope, kernel, product, blocking, shape);
  if (blocking.way === "small") renderSmallProduct(scope, kernel, product, shape, deliver);
  else renderBlocked(scope, kernel, product, blocking, shape, deliver);
}

/** Writes the function that takes the sums of a tile, and returns its name. */
function renderDeliver(
  scope: Scope,
  { space, stores }: MapKernel,
  { m, n }: Product,
  { split }: Blocking,
  shape: Shape,
): string {
  return scope.helper((name, code) => {
    const head = `static WRITES void ${name}(const Env *env, I row, I rows, I column, I columns, I vectors, const V *sums)`;
    const points = Points.storing({ ...scope, code }, stores, undefined, true);
    const coordinates = space.map((_, axis) => `env->i[${axis}]`);
    coordinates[m] = "m";
    coordinates[n] = "n";
    const put = (valid: string): void => points.store({ coordinates, vectorAxis: n, valid });
    code.block(head, () => {
      code.line("const Job *const job = env->job; const I *const at = env->at;");
      scope.point(code);
      code.block("for (I r = 0; r < rows; r++) for (I v = 0; v < vectors; v++)", () => {
        code.line("const I m = row + r, n = column + v * W;");
        code.line("const V sum = sums[r * vectors + v];");
        points.reduced = "sum";
        if (shape.n % scope.vectors.lanes === 0 && split === "m") {
          put("W");
          return;
        }
        code.block("if (n + W <= column + columns)", () => put("W"));
        code.block("else", () => {
          code.line("const int valid = (int)(column + columns - n);");
          put("valid");
        });
      });
    });
  });
}

function renderBlocked(
  scope: Scope,
  { space }: MapKernel,
  product: Product,
  { way, split, blockRows, depth, packsA, packsB }: Blocking,
  shape: Shape,
  deliver: string,
): void {
  const { code, nameOf, vectors } = scope;
  const outer = space.slice(0, -2);
  const [m, n] = [extent(space[product.m] ?? 1), shape.n];
  const [whole, unit] = split === "m" ? [m, vectors.tileRows] : [n, 2 * vectors.lanes];
  code.line(`I first, end; share(job, ${whole}, ${unit}, &first, &end);`);
  code.line("if (first == end) return;");
  const body = (counters: readonly string[]): void => {
    const address = (access: Access): string => {
      const moved = counters.map((counter, axis) => `${counter} * ${access.strides[axis] ?? 0}`);
      return [nameOf(access), access.offset, ...moved].join(" + ");
    };
    const a = `${address(product.left)}, ${shape.a.m}, ${shape.a.k}`;
    const { cell } = product.right.buffer;
    const b = `(const F *)(${address(product.right)}), ${shape.b.k}, ${shape.b.n}, ${CELLS.indexOf(cell)}`;
    const part = split === "m" ? `first, end, 0, ${n}` : `0, ${m}, first, end`;
    const blocks = `${blockRows}, ${depth}, ${packsA ? 1 : 0}, ${packsB ? 1 : 0}, job->scratch`;
    code.line(`const Product it = {${a}, ${b}, ${part}, ${extent(product.size)}, ${blocks}};`);
    code.line(`const Env env = {job, at, {${counters.join(", ") || "0"}}};`);
    code.line(`job->support->${way}(&it, ${deliver}, &env);`);
  };
  nest(scope, outer, body, { shared: false });
}
