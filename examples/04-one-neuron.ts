/**
 * The smallest thing that learns: one neuron, relu(w1·x1 + w2·x2 + b), learns the meaning of AND by following its
 * gradient downhill.
 *
 *     npx tsx examples/04-one-neuron.ts
 */

import { Value } from "microgpt/value";

const examples = [
  { x1: 0, x2: 0, and: 0 },
  { x1: 0, x2: 1, and: 0 },
  { x1: 1, x2: 0, and: 0 },
  { x1: 1, x2: 1, and: 1 },
];
const w1 = new Value(0.6, "w1");
const w2 = new Value(0.4, "w2");
const b = new Value(0, "b");
const neuron = (x1: number, x2: number): Value => w1.mul(x1).add(w2.mul(x2)).add(b).relu();

for (let step = 0; step <= 200; step++) {
  // Forward: the mean squared error over all examples.
  let loss = new Value(0);
  for (const { x1, x2, and } of examples) loss = loss.add(neuron(x1, x2).sub(and).pow(2));
  loss = loss.div(examples.length);

  // Backward: the gradient of the loss for each parameter.
  loss.backward();
  if (step % 40 === 0) {
    const parameters = [w1, w2, b].map(
      ({ label, data, grad }) => `${label} ${data.toFixed(3)} (grad ${grad.toFixed(4)})`,
    );
    console.log(`step ${String(step).padStart(3)} | loss ${loss.data.toFixed(5)} | ${parameters.join(", ")}`);
  }

  // Update: a small step downhill, then reset the gradient.
  for (const parameter of [w1, w2, b]) {
    parameter.data -= 0.5 * parameter.grad;
    parameter.grad = 0;
  }
}

for (const { x1, x2 } of examples) console.log(`${x1} AND ${x2} = ${neuron(x1, x2).data.toFixed(3)}`);
