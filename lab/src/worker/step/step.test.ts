import {
  encodeCheckpoint,
  mapParams,
  namedParams,
  paramShapes,
  presets,
  ScalarGPT,
  ScalarOptimizer,
  ScalarTensor,
  startRun,
  trainEach,
} from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import { stepAPI } from "./step.ts";
import { checkpointOf } from "./testing.ts";

const checkpoint = checkpointOf();
const { tokenizer } = checkpoint;

/** The readable engine's own loss and gradients of the same weights. */
function library(
  text: string,
  of = checkpoint,
): { loss: number; grads: Map<string, Float64Array>; params: ScalarGPT["params"] } {
  const data = new Map(namedParams(of.model.state().weights));
  const params = mapParams(paramShapes(of.model.config), (shape, name) =>
    ScalarTensor.from(shape, data.get(name) ?? []),
  );
  const loss = new ScalarGPT(of.model.config, params).loss(of.tokenizer.encodeDocument(text));
  loss.backward();
  return {
    loss: loss.data,
    grads: new Map(namedParams(params).map(([name, tensor]) => [name, tensor.grad()])),
    params,
  };
}

describe("a document's step", () => {
  const api = stepAPI({ checkpoint });
  const summary = api.build("abcd");
  const exact = library("abcd");

  test("has the library's loss and every gradient, to the bit", () => {
    expect(summary.loss).toBe(exact.loss);
    expect(summary.tokens).toEqual(tokenizer.encodeDocument("abcd"));
    const weights = summary.boxes.filter(({ isParam }) => isParam);
    expect(weights).toHaveLength(9);
    for (const { name } of weights) {
      const { grad, data } = api.numbers(summary.boxes.findIndex((box) => box.name === name));
      expect(grad).toEqual(exact.grads.get(name));
      expect([...data]).toEqual([
        ...(namedParams(checkpoint.model.state().weights).find(([own]) => own === name)?.[1] ?? []),
      ]);
    }
  });

  test("its boxes hold every scalar that is used, with sizes and gradients", () => {
    const used = summary.boxes.reduce((sum, { scalars }) => sum + scalars, 0);
    const unused = ["wte", "wpe"].flatMap((name) => [
      ...api.numbers(summary.boxes.findIndex((box) => box.name === name)).nodes,
    ]);
    expect(used - unused.filter((node) => node < 0).length).toBe(summary.nodes);
    const wq = summary.boxes.find(({ name }) => name === "layer0.attn_wq");
    const grads = [...(exact.grads.get("layer0.attn_wq") ?? [])];
    expect(wq?.steepness).toBeCloseTo(grads.reduce((sum, g) => sum + Math.abs(g), 0) / grads.length, 15);
  });

  const wq = summary.boxes.findIndex(({ name }) => name === "layer0.attn_wq");
  const entry = 3 * 16 + 5;
  const node = api.numbers(wq).nodes[entry] ?? -1;

  test("a weight's facts: its name, and terms that add up to its gradient", () => {
    const facts = api.facts("step", node);
    expect(facts).toMatchObject({
      name: "layer0.attn_wq[3,5]",
      op: "leaf",
      box: wq,
      entry,
      boxName: "layer0.attn_wq",
      uses: 5,
    });
    expect(facts.grad).toBe(exact.grads.get("layer0.attn_wq")?.[entry]);
    const sum = facts.terms.reduce((total, { product }) => total + product, facts.rest);
    expect(sum).toBeCloseTo(facts.grad, 14);
    for (const { user, local, product } of facts.terms) expect(product).toBe(user.grad * local);
    // The first position attends only to itself, whatever its query.
    expect(facts.terms.map(({ user }) => user.name.replace(/\d,0,3/, "r,0,3"))).toEqual(
      Array(5).fill("× in layer0.q[r,0,3]"),
    );
    expect(facts.heaviest.steps.at(-1)?.to.name).toBe("loss");
    const product = facts.heaviest.steps.reduce((all, { local }) => all * local, 1);
    expect(product).toBeCloseTo(facts.heaviest.product, 12);
    expect(facts.heaviest.share).toBeCloseTo(facts.heaviest.product / facts.grad, 9);
  });

  test("many uses are reported as the heaviest and the rest", () => {
    // A channel of an early token's norm is used by the queries, keys and values of all heads.
    const box = summary.boxes.findIndex(({ name }) => name === "layer0.attn_norm");
    const facts = api.facts("step", api.numbers(box).nodes[0] ?? -1);
    expect(facts.uses).toBeGreaterThan(40);
    expect(facts.terms).toHaveLength(12);
    const sizes = facts.terms.map(({ product }) => Math.abs(product));
    expect(sizes).toEqual([...sizes].sort((x, y) => y - x));
    expect(facts.terms.reduce((sum, { product }) => sum + product, facts.rest)).toBeCloseTo(facts.grad, 12);
  });

  test("the root is the loss", () => {
    expect(api.facts("step", summary.nodes - 1)).toMatchObject({
      name: "loss",
      isRoot: true,
      grad: 1,
      data: summary.loss,
      uses: 0,
    });
  });

  test("a weight is shown in the tree of the entry it serves, or in all of it if need be", () => {
    const tree = api.tree("step", node, 6);
    expect(tree.nodes[0]?.name).toMatch(/^layer0\.q\[\d,0,3\]$/);
    expect(tree.nodes.map((drawn) => drawn.node)).toContain(node);
    expect(tree.nodes[0]?.more).toBe(10);
    const late = api.numbers(wq).nodes[3 * 16 + 15] ?? -1;
    const whole = api.tree("step", late, 6);
    expect(whole.nodes.map((drawn) => drawn.node)).toContain(late);
    expect(whole.nodes[0]?.more).toBe(0);
  });

  test("an edge has the local gradient", () => {
    const tree = api.tree("step", node, 6);
    const from = tree.nodes.findIndex((drawn) => drawn.node === node);
    const edge = tree.edges.find((candidate) => candidate.from === from);
    const user = tree.nodes[edge?.to ?? -1];
    // w · x: the local gradient of w is x.
    expect((edge?.local ?? 0) * (tree.nodes[from]?.data ?? 0)).toBeCloseTo(user?.data ?? Number.NaN, 15);
  });

  test("a gradient is compared with a difference", () => {
    const check = api.check("step", node);
    expect(check.gradient).toBe(exact.grads.get("layer0.attn_wq")?.[entry]);
    expect(check.error).toBeLessThan(10 * check.rounding + 1e-4 * Math.abs(check.gradient));
    expect(check.up).not.toBe(check.down);
  });

  test("both engines agree within float32", async () => {
    const { tensors, largest, difference, losses } = await api.compare();
    expect(tensors.map(({ name }) => name)).toEqual([...exact.grads.keys()]);
    const all = [...exact.grads.values()].flatMap((grads) => [...grads].map(Math.abs));
    expect(largest).toBe(Math.max(...all));
    expect(difference).toBeGreaterThan(0);
    expect(difference / largest).toBeLessThan(2e-5);
    expect(losses.scalar).toBe(exact.loss);
    expect(losses.wasm).toBeCloseTo(exact.loss, 5);
  });
});

describe("documents", () => {
  test.each([
    ["what is beyond the context is left out", "documents", "abcdeabcdeabcdeabcde", 17, 5],
    ["running text has no BOS", "stream", "abc", 3, 0],
  ] as const)("%s", (_, mode, text, count, leftOut) => {
    const summary = stepAPI({ checkpoint: { ...checkpoint, mode } }).build(text);
    expect([summary.tokens.length, summary.leftOut]).toEqual([count, leftOut]);
  });

  test.each([
    ["stream", "a", "one step: expected two tokens or more, one to see and one to predict, got 1; type more"],
    ["documents", "xyz", '"x"'],
  ] as const)("as %s, %o is refused", (mode, text, message) => {
    expect(() => stepAPI({ checkpoint: { ...checkpoint, mode } }).build(text)).toThrow(message);
  });

  test("for a model that is too large the error says what would fit", () => {
    const large = checkpointOf({ nEmbd: 128, nLayer: 2 });
    expect(() => stepAPI({ checkpoint: large }).build("abcdeabcde")).toThrow(
      /^one step: expected a graph of at most 2,000,000 scalars, which a page can hold, got about [\d,]+ for [\d,]+ parameters and 11 tokens; type a text of at most 2 tokens, or train a smaller model$/,
    );
  });

  test("questions before a graph is built are refused", () => {
    expect(() => stepAPI({ checkpoint }).facts("step", 0)).toThrow(
      "one step: expected a document's graph, got none yet",
    );
    expect(() => stepAPI({ checkpoint }).facts("sandbox", 0)).toThrow("one step: expected an expression's graph");
  });
});

describe("the update", () => {
  const training = { ...presets.microgpt.training, numSteps: 10, batchSize: 1 };
  let file: Uint8Array;
  let run: Awaited<ReturnType<typeof startRun>>;
  beforeAll(async () => {
    run = startRun({ name: "w", docs: ["abc", "ade", "bcd", "eab", "cda"] }, { training, threads: 1 });
    await trainEach(run, ({ step }) => (step === 3 ? false : undefined));
    file = encodeCheckpoint(run);
  });

  test("equals the library's optimizer, with its state", () => {
    const { model, tokenizer: own, progress } = run;
    const api = stepAPI({ checkpoint: { model, tokenizer: own, mode: "documents" } });
    const summary = api.build("abc");
    const box = summary.boxes.findIndex(({ name }) => name === "layer0.mlp_fc1");
    const update = api.update(box, 7, progress.settings, 3, file);

    const { params } = library("abc", { model, tokenizer: own, mode: "documents" });
    const { slots = {}, config } = model.state();
    const optimizer = new ScalarOptimizer({ config, params }, progress.settings, { slots, steps: 3 });
    const weight = params.layers[0]?.mlp_fc1.values[7];
    const before = weight?.data;
    optimizer.step(0.01 * 0.7);
    expect(update).toMatchObject({ before, remembered: 3, scale: 1 });
    expect(update.learningRate).toBeCloseTo(0.007, 15);
    expect(update.after).toBe(weight?.data);
  });

  test("without the run's file, or with a file of other weights, the optimizer starts from zero: a step of the learning rate", () => {
    const api = stepAPI({ checkpoint });
    const summary = api.build("abc");
    const box = summary.boxes.findIndex(({ name }) => name === "layer0.mlp_fc1");
    const entry = [...api.numbers(box).grad].findIndex((g) => g !== 0);
    for (const given of [undefined, file]) {
      const update = api.update(box, entry, training, 0, given);
      expect(update.remembered).toBe(0);
      expect(update.after - update.before).toBeCloseTo(-Math.sign(update.gradient) * update.learningRate, 6);
    }
    expect(() => api.update(summary.boxes.length - 1, 0, training, 0)).toThrow("update: expected a weight, got loss");
  });
});

describe("the sandbox", () => {
  test("a neuron: numbers as computed by hand", () => {
    const api = stepAPI({ checkpoint });
    const { value, root, names, tree } = api.express("(a*b + c).relu()", { a: 2, b: -3, c: 10 });
    expect([value, names]).toEqual([4, ["a", "b", "c"]]);
    const grads = new Map(tree.nodes.map(({ name, grad }) => [name, grad]));
    expect([grads.get("a"), grads.get("b"), grads.get("c")]).toEqual([-3, 2, 1]);
    expect(api.facts("sandbox", root)).toMatchObject({ name: "relu", isRoot: true, formula: "relu(a)" });
    expect(api.check("sandbox", tree.nodes.find(({ name }) => name === "a")?.node ?? -1)).toMatchObject({ slope: -3 });
  });

  test("a number used twice by one node: the sum of both local gradients", () => {
    const { tree } = stepAPI({ checkpoint }).express("x*x", { x: 3 });
    expect(tree.edges).toMatchObject([{ local: 6 }]);
  });

  test("names without a number are 1; after an error the previous graph stays", () => {
    const api = stepAPI({ checkpoint });
    expect(api.express("p + q", {}).value).toBe(2);
    expect(() => api.express("p + ", {})).toThrow("column");
    expect(api.facts("sandbox", 2).data).toBe(2);
  });
});
