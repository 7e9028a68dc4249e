/** Sums of products as matrix products, with the kernel's stores as what is done with the sums of a tile. */

import type { Product } from "../../backend/schedule.ts";
import type { Access, MapKernel } from "../../compile/kernel.ts";
import { known, sizeAt } from "../../util/dim.ts";
import { Points } from "./points.ts";
import { extent, nest, type Scope } from "./scope.ts";

/** Steps of k during which sums stay in registers: a panel of B and a strip of A then share the first-level cache. */
const DEPTH = 256;
/** Entries of a block of A: a part of the second-level cache. */
const BLOCK_ENTRIES = 65536;
/** Entries that an operand may span and still stay in the first-level cache. */
const SPAN = 8192;
/** Rows up to which lanes are parts of one sum where both operands are contiguous along k. */
const DOT_ROWS = 3;

interface Shape {
  readonly n: number;
  readonly maxM: number;
  readonly maxK: number;
  readonly a: { readonly m: number; readonly k: number };
  readonly b: { readonly k: number; readonly n: number };
}

interface Blocking {
  readonly way: "product" | "dots";
  /** The axis by which threads split it, and the least part that one takes. */
  readonly split: "m" | "n";
  readonly blockRows: number;
  readonly depth: number;
  readonly packsA: boolean;
  readonly packsB: boolean;
}

function shapeOf({ space }: MapKernel, { m, n, left, right, size }: Product, maxRows: number): Shape {
  const k = space.length;
  const stride = ({ strides }: Access, axis: number): number => strides[axis] ?? 0;
  return {
    n: known(space[n] ?? 1),
    maxM: sizeAt(space[m] ?? 1, maxRows),
    maxK: sizeAt(size, maxRows),
    a: { m: stride(left, m), k: stride(left, k) },
    b: { k: stride(right, k), n: stride(right, n) },
  };
}

function blockingOf({ n, maxM, maxK, a, b }: Shape, tileRows: number): Blocking {
  const stretches = Math.ceil(maxK / (DEPTH * 1.25));
  const depth = roundUp(Math.max(1, Math.ceil(maxK / stretches)), 16);
  const dots = maxM <= DOT_ROWS && a.k === 1 && b.k === 1;
  const blockRows = roundUp(Math.min(maxM, Math.max(64, BLOCK_ENTRIES / depth)), tileRows);
  const strewn = (stride: number): boolean => stride > 64 && maxK * stride >= SPAN;
  return {
    way: dots ? "dots" : "product",
    split: maxM <= 4 * tileRows && n > maxM ? "n" : "m",
    blockRows,
    depth,
    packsA: a.m === 1 && strewn(a.k) && n >= 64,
    packsB: b.n !== 1 || (strewn(b.k) && maxM >= 64),
  };
}

/** Entries of scratch memory for one thread, for any number of rows up to the most. */
export function productScratch(
  kernel: MapKernel,
  product: Product,
  maxRows: number,
  lanes: number,
  tileRows: number,
): number {
  const shape = shapeOf(kernel, product, maxRows);
  const { packsA, packsB, blockRows, depth, way } = blockingOf(shape, tileRows);
  if (way === "dots") return 0;
  const panel = packsB ? (depth + lanes) * 2 * lanes : 0;
  const block = packsA ? (blockRows + tileRows) * (depth + 8) : 0;
  const tiles = (blockRows / tileRows + 1) * (Math.ceil(shape.n / (2 * lanes)) + 1);
  const kept = shape.maxK > depth ? tiles * tileRows * 2 * lanes : 0;
  return panel + block + kept;
}

export function renderProduct(scope: Scope, kernel: MapKernel, product: Product): void {
  const { code, nameOf, vectors, maxRows } = scope;
  const { space, stores } = kernel;
  const shape = shapeOf(kernel, product, maxRows);
  const { way, split, blockRows, depth, packsA, packsB } = blockingOf(shape, vectors.tileRows);
  const outer = space.slice(0, -2);
  const deliver = scope.helper((name, inner) => {
    const own: Scope = { ...scope, code: inner };
    inner.block(
      `static void ${name}(const Env *env, I row, I rows, I column, I columns, I vectors, const V *sums)`,
      () => {
        inner.line("const Job *const job = env->job; F *const *const p = env->p;");
        const points = Points.storing(own, stores, undefined, true);
        const coordinates = outer.map((_, axis) => `env->i[${axis}]`);
        coordinates[product.m] = "m";
        coordinates[product.n] = "n";
        inner.block("for (I r = 0; r < rows; r++)", () => {
          inner.line("const I m = row + r;");
          const put = (valid: string): void => points.store({ coordinates, vectorAxis: product.n, valid });
          inner.block("for (I v = 0; v < vectors; v++)", () => {
            inner.line("const I n = column + v * W;");
            inner.line("const V sum = sums[r * vectors + v];");
            points.reduced = "sum";
            if (shape.n % vectors.lanes === 0 && split === "m") put("W");
            else {
              inner.block("if (n + W <= column + columns)", () => put("W"));
              inner.block("else", () => {
                inner.line("const int valid = (int)(column + columns - n);");
                put("valid");
              });
            }
          });
        });
      },
    );
  });
  const [m, n] = [extent(space[product.m] ?? 1), shape.n];
  const unit = split === "m" ? vectors.tileRows : 2 * vectors.lanes;
  code.line(`I first, end; share(job, ${split === "m" ? m : n}, ${unit}, &first, &end);`);
  code.line("if (first == end) return;");
  nest(
    scope,
    outer,
    (counters) => {
      const at = (axis: number): string => counters[axis] ?? "0";
      const coordinates = space.map((_, axis) => (axis === product.m || axis === product.n ? "0" : at(axis)));
      const address = (access: Access): string =>
        `${nameOf(access)} + ${[access.offset, ...access.strides.flatMap((stride, axis) => (axis < outer.length ? [`${coordinates[axis]} * ${stride}`] : []))].join(" + ")}`;
      const rows = split === "m" ? "first, end, 0, " + n : `0, ${m}, first, end`;
      const operands = `${address(product.left)}, ${shape.a.m}, ${shape.a.k}, ${address(product.right)}, ${shape.b.k}, ${shape.b.n}`;
      const sizes = `${rows}, ${extent(product.size)}, ${blockRows}, ${depth}, ${packsA ? 1 : 0}, ${packsB ? 1 : 0}, job->scratch`;
      code.line(`const Product product_ = {${operands}, ${sizes}};`);
      code.line(`const Env env = {job, p, {${counters.length === 0 ? "0" : counters.join(", ")}}};`);
      code.line(`${way}(&product_, ${deliver}, &env);`);
    },
    { shared: false },
  );
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
