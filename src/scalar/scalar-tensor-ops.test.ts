import type { Op, OpInputs } from "../tensor/ops.ts";
import { describeOps } from "../testing/op-cases.ts";
import type { Case } from "../testing/specs/spec.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import { Value } from "./value.ts";

/** The operation on ScalarTensors, with its inputs. */
function run<K extends Op>(op: K, { inputs, attrs }: Case<K>): { leaves: ScalarTensor[]; result: ScalarTensor } {
  const leaves = inputs.map(({ shape, data }) => ScalarTensor.from(shape, data));
  const typed = leaves as readonly ScalarTensor[] as OpInputs<ScalarTensor, K>;
  return { leaves, result: ScalarTensor.from([], [0]).apply(op, typed, attrs) };
}

describeOps({
  forward: (op, example) => run(op, example).result.data(),
  backward: (op, example, weights) => {
    const { leaves, result } = run(op, example);
    const loss = result.values.reduce((sum, value, i) => sum.add(value.mul(weights[i] ?? 0)), new Value(0));
    loss.backward();
    return leaves.map((leaf) => leaf.grad());
  },
});
