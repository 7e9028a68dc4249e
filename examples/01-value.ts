/**
 * Gradients of an expression, with nothing but `Value`.
 *
 *     npx tsx examples/01-value.ts
 */

import { Value } from "microgpt/value";

const a = new Value(2, "a");
const b = new Value(-3, "b");
const c = new Value(10, "c");

// Every operation remembers its operands, and how fast it changes with each of them.
const product = a.mul(b); // -6
const sum = product.add(c); // 4
const loss = sum.pow(2); // 16

loss.backward();

// The chain rule: d loss / d sum = 2 · sum = 8, multiplied by each operand's factor from there on.
for (const { label, data, grad } of [a, b, c]) console.log(`${label} = ${data}, d loss / d ${label} = ${grad}`);

// A gradient is a promise about small changes: try one.
const h = 1e-6;
const moved = ((2 + h) * -3 + 10) ** 2;
console.log(`measured d loss / d a = ${((moved - loss.data) / h).toFixed(3)}`);
