import type { Access } from "../../compile/kernel.ts";
import { type Dim, isDynamic } from "../../util/dim.ts";
import type { Vectors } from "../target.ts";
import type { Code } from "./code.ts";

/** All that the code of a kernel can refer to in its function; `job` there is this thread's part of the run. */
export interface Scope {
  readonly code: Code;
  /** The C name of the pointer to an access's buffer. */
  readonly nameOf: (access: Access) => string;
  readonly vectors: Vectors;
  readonly maxRows: number;
  /** Defines the pointers, where `job` and `at`, the places of the buffers in the arena, are known. */
  readonly point: (code: Code) => void;
  /** Writes a function before this one, and returns its name. */
  readonly helper: (write: (name: string, code: Code) => void) => string;
  /** Adds a function that kernels share, once. */
  readonly support: (text: string) => void;
}

/** A size as C: known, or a multiple of the rows. */
export function extent(size: Dim): string {
  if (!isDynamic(size)) return String(size);
  const rows = Array.from({ length: size.power }, () => "job->rows").join(" * ");
  return size.times === 1 ? `(${rows})` : `(${size.times} * ${rows})`;
}

/** Loops over axes, outermost first; the first over this thread's share unless they share otherwise. */
export function nest(
  { code }: Scope,
  sizes: readonly Dim[],
  body: (coordinates: string[]) => void,
  { shared = true }: { readonly shared?: boolean } = {},
): void {
  const names = sizes.map((_, axis) => `i${axis}`);
  const visit = (axis: number): void => {
    const [size, name] = [sizes[axis], names[axis]];
    if (size === undefined) {
      body([...names]);
      return;
    }
    if (axis === 0 && shared) {
      code.line(`I from, to; share(job, ${extent(size)}, 1, &from, &to);`);
      code.block(`for (I ${name} = from; ${name} < to; ${name}++)`, () => visit(axis + 1));
    } else code.block(`for (I ${name} = 0; ${name} < ${extent(size)}; ${name}++)`, () => visit(axis + 1));
  };
  visit(0);
}

/** For code that cannot be split. */
export function onlyFirst({ code }: Scope, body: () => void): void {
  code.block("if (job->thread == 0)", body);
}
