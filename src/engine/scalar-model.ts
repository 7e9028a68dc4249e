/** A GPT of `Value`s at work. */

import { countRows, pack } from "../model/pack.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { checkRows } from "./batch-rows.ts";
import type { Evaluator, GPTState, Gradients } from "./engine.ts";

/** The model with these numbers. */
export function scalarModel({ config, weights }: GPTState): ScalarGPT {
  const data = new Map(namedParams(weights));
  const params = mapParams(paramShapes(config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  return new ScalarGPT(config, params);
}

/** Document by document, so that the graph is never larger than that of one. */
export function scalarEvaluator(model: ScalarGPT, maxRows: number): Evaluator {
  const { blockSize } = model.config;
  return {
    loss: async (documents) => {
      const rows = checkRows(countRows(documents, blockSize), maxRows);
      const total = documents.reduce(
        (sum, document) => sum + model.loss(document).data * countRows([document], blockSize),
        0,
      );
      return { loss: total / rows, rows };
    },
  };
}

export function scalarGradients(model: ScalarGPT, documents: readonly (readonly number[])[]): Gradients {
  const { blockSize } = model.config;
  const rows = countRows(documents, blockSize);
  try {
    let loss = 0;
    for (const document of documents) {
      const share = model
        .losses(pack([document], blockSize))
        .sum(0)
        .div(rows)
        .item();
      share.backward(); // adds to the gradients of the documents before
      loss += share.data;
    }
    return { loss, gradients: mapParams(model.params, (tensor) => tensor.grad()) };
  } finally {
    for (const [, { values }] of namedParams(model.params)) for (const value of values) value.grad = 0;
  }
}
