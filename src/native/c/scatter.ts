/** Sums of rows selected by ids, as in the gradient of an embedding. */

import type { ScatterKernel } from "../../compile/kernel.ts";
import { known } from "../../util/dim.ts";
import { Points } from "./points.ts";
import { nest, type Scope } from "./scope.ts";

/** Adds rows to a table. Threads share the columns, so that each sum has one order. */
export function renderScatter(scope: Scope, { space, ids, body, target, size }: ScatterKernel): void {
  const { code, nameOf } = scope;
  const axis = space.length - 1;
  const C = known(space[axis] ?? 1);
  const points = new Points(scope, [body], axis, true);
  const table = `(${nameOf(target)} + ${target.offset})`;
  const columns = (visit: (valid: string) => void): void => {
    code.line("I j = from;");
    code.block("for (; j + W <= to; j += W)", () => visit("W"));
    code.block("if (j < to)", () => {
      code.line("const int valid = (int)(to - j);");
      visit("valid");
    });
  };
  code.line(`I from, to; share(job, ${C}, 16, &from, &to);`);
  code.block(`for (I at = 0; at < ${size}; at += ${C})`, () =>
    columns((valid) => code.line(`store(${table} + at + j, (V){}, ${valid});`)),
  );
  nest(
    scope,
    space.slice(0, -1),
    (coordinates) => {
      const id = points.value({ kind: "load", access: ids, id: -1 }, { coordinates: [...coordinates, "0"] });
      code.line(`F *row = ${table} + (I)${id} * ${C};`);
      points.hoist({ coordinates: [...coordinates, "from"], vectorAxis: axis, valid: "1" });
      columns((valid) => {
        const value = points.value(body, { coordinates: [...coordinates, "j"], vectorAxis: axis, valid });
        code.line(`store(row + j, load(row + j) + ${value}, ${valid});`);
      });
    },
    { shared: false },
  );
}
