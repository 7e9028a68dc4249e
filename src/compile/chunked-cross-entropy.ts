/**
 * Cross entropy of a linear layer with a large vocabulary, lowered so that the logits are never held whole: they are made
 * for some tokens of the vocabulary at a time, and made again for the gradients. (After Wijmans et al. 2024,
 * arXiv:2411.09009.) R rows, C channels, V tokens in the vocabulary, N of them in a chunk.
 */

import { softcap } from "../tensor/activations.ts";
import { knownSize } from "../tensor/fit.ts";
import { capSlope } from "../tensor/vocabulary.ts";
import { internalError } from "../util/errors.ts";
import type { LazyTensor } from "./lazy-tensor.ts";

interface Operands {
  /** (R, C) */
  readonly x: LazyTensor;
  /** (V, C) */
  readonly weight: LazyTensor;
  /** (R) */
  readonly targets: LazyTensor;
  readonly cap: number;
  /** Tokens in a chunk. */
  readonly chunk: number;
}

/** The losses (R). Each chunk leaves its largest logit and a sum of exponentials beside it. */
export function chunkedLosses(operands: Operands): LazyTensor {
  const parts = chunksOf(operands).map(({ raw }) => {
    const logits = capped(raw(), operands.cap); // (R, N)
    const largest = logits.max(-1); // (R, 1)
    return { largest, sum: logits.sub(largest).exp().sum(-1) };
  });
  const largest = sideBySide(parts.map((part) => part.largest)); // (R, V / N)
  const most = largest.max(-1);
  const total = sideBySide(parts.map(({ sum }) => sum))
    .mul(largest.sub(most).exp())
    .sum(-1);
  return total
    .log()
    .add(most)
    .sub(targetLogits(operands))
    .reshape(...operands.targets.shape);
}

/** The gradients of the sum of g (R) times the losses (R), towards x and the weight. */
export function chunkedGradients(
  operands: Operands,
  { losses, g }: { readonly losses: LazyTensor; readonly g: LazyTensor },
): { x: LazyTensor; weight: LazyTensor } {
  const { x, targets, cap } = operands;
  const column = (list: LazyTensor): LazyTensor => list.reshape(...list.shape, 1); // (R, 1)
  const logSumExp = column(losses).add(targetLogits(operands));
  const parts = chunksOf(operands).map(({ raw, rows, start, size }) => {
    const logits = capped(raw(), cap); // (R, N)
    const shares = logits.sub(logSumExp).exp();
    const d = shares.sub(targets.sub(start).oneHot(size)).mul(column(g));
    const slope = cap === 0 ? d : d.mul(capSlope(logits, cap));
    return { x: slope.matmul(rows), weight: slope.transpose(0, 1).matmul(x) };
  });
  const [first, ...rest] = parts.map((part) => part.weight);
  const sum = parts.map((part) => part.x).reduce((total, part) => total.add(part));
  return { x: sum, weight: first === undefined ? sum : first.concat(0, ...rest) };
}

interface Chunk {
  /** Its part of the weight (N, C). */
  readonly rows: LazyTensor;
  readonly start: number;
  readonly size: number;
  /** Makes its logits (R, N), not yet capped. */
  readonly raw: () => LazyTensor;
}

function chunksOf({ x, weight, chunk }: Operands): Chunk[] {
  const V = knownSize("cross entropy", weight.shape, 0);
  return Array.from({ length: Math.ceil(V / chunk) }, (_, i) => {
    const start = i * chunk;
    const end = Math.min(V, start + chunk);
    const rows = weight.slice(0, start, end);
    return { rows, start, size: end - start, raw: () => x.matmul(rows.transpose(0, 1)) };
  });
}

/** (R, 1), by a product of its own for each row. */
function targetLogits({ x, weight, targets, cap }: Operands): LazyTensor {
  return capped(x.mul(weight.embedding(targets)).sum(-1), cap);
}

function sideBySide([first, ...others]: readonly LazyTensor[]): LazyTensor {
  if (first === undefined) throw internalError("a vocabulary without tokens");
  return first.concat(1, ...others);
}

function capped(logits: LazyTensor, cap: number): LazyTensor {
  return cap === 0 ? logits : softcap(logits, cap);
}
