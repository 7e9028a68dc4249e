import { expect, test } from "vitest";
import { type GPTConfig, mapParams, paramShapes } from "../model/config.ts";
import { gpt } from "../model/gpt.ts";
import { GraphNode } from "./graph-node.ts";
import { printGraph } from "./print.ts";

test("a line a node, each after its operands, and a shared node once", () => {
  const x = GraphNode.input("x", [2, 3]);
  const y = x.mul(2);
  expect(printGraph({ sum: y.add(y).sum(-1), y })).toBe(
    [
      "%0 = input x (2, 3)",
      "%1 = constant [2] ()",
      "%2 = mul(%0, %1) (2, 3)",
      "%3 = add(%2, %2) (2, 3)",
      "%4 = sum(%3, axis=-1) (2, 1)",
      "sum = %4",
      "y = %2",
    ].join("\n"),
  );
});

test("long constants are cut", () => {
  expect(printGraph({ c: GraphNode.constant([8], [0, 1, 2, 3, 4, 5, 6, 7]) })).toBe(
    "%0 = constant [0 1 2 3 4 5 ...] (8)\nc = %0",
  );
});

test("a GPT of one layer, from tokens to logits", () => {
  const config: GPTConfig = {
    ...{ vocabSize: 3, nLayer: 1, nHead: 2, nEmbd: 4, blockSize: 2 },
    ...{ activation: "reluSquared", initStd: 0.1, zeroInit: false },
  };
  const params = mapParams(paramShapes(config), (shape, name) => GraphNode.input(name, shape));
  const logits = gpt(params, GraphNode.input("tokens", [1, 2]), config);
  expect(`\n${printGraph({ logits })}\n`).toMatchInlineSnapshot(`
    "
    %0 = input wte (3, 4)
    %1 = input tokens (1, 2)
    %2 = embedding(%0, %1) (1, 2, 4)
    %3 = input wpe (2, 4)
    %4 = slice(%3, axis=0, start=0, end=2) (2, 4)
    %5 = add(%2, %4) (1, 2, 4)
    %6 = mul(%5, %5) (1, 2, 4)
    %7 = sum(%6, axis=-1) (1, 2, 1)
    %8 = constant [0.25] ()
    %9 = mul(%7, %8) (1, 2, 1)
    %10 = constant [0.00001] ()
    %11 = add(%9, %10) (1, 2, 1)
    %12 = pow(%11, exponent=-0.5) (1, 2, 1)
    %13 = mul(%5, %12) (1, 2, 4)
    %14 = mul(%13, %13) (1, 2, 4)
    %15 = sum(%14, axis=-1) (1, 2, 1)
    %16 = constant [0.25] ()
    %17 = mul(%15, %16) (1, 2, 1)
    %18 = constant [0.00001] ()
    %19 = add(%17, %18) (1, 2, 1)
    %20 = pow(%19, exponent=-0.5) (1, 2, 1)
    %21 = mul(%13, %20) (1, 2, 4)
    %22 = input layer0.attn_wq (4, 4)
    %23 = permute(%22, axes=[1,0]) (4, 4)
    %24 = matmul(%21, %23) (1, 2, 4)
    %25 = reshape(%24, shape=[1,2,2,2]) (1, 2, 2, 2)
    %26 = permute(%25, axes=[0,2,1,3]) (1, 2, 2, 2)
    %27 = input layer0.attn_wk (4, 4)
    %28 = permute(%27, axes=[1,0]) (4, 4)
    %29 = matmul(%21, %28) (1, 2, 4)
    %30 = reshape(%29, shape=[1,2,2,2]) (1, 2, 2, 2)
    %31 = permute(%30, axes=[0,2,1,3]) (1, 2, 2, 2)
    %32 = permute(%31, axes=[0,1,3,2]) (1, 2, 2, 2)
    %33 = matmul(%26, %32) (1, 2, 2, 2)
    %34 = constant [0.7071067811865475] ()
    %35 = mul(%33, %34) (1, 2, 2, 2)
    %36 = constant [0 -Infinity 0 0] (2, 2)
    %37 = add(%35, %36) (1, 2, 2, 2)
    %38 = max(%37, axis=-1) (1, 2, 2, 1)
    %39 = detach(%38) (1, 2, 2, 1)
    %40 = constant [-1] ()
    %41 = mul(%39, %40) (1, 2, 2, 1)
    %42 = add(%37, %41) (1, 2, 2, 2)
    %43 = exp(%42) (1, 2, 2, 2)
    %44 = sum(%43, axis=-1) (1, 2, 2, 1)
    %45 = pow(%44, exponent=-1) (1, 2, 2, 1)
    %46 = mul(%43, %45) (1, 2, 2, 2)
    %47 = input layer0.attn_wv (4, 4)
    %48 = permute(%47, axes=[1,0]) (4, 4)
    %49 = matmul(%21, %48) (1, 2, 4)
    %50 = reshape(%49, shape=[1,2,2,2]) (1, 2, 2, 2)
    %51 = permute(%50, axes=[0,2,1,3]) (1, 2, 2, 2)
    %52 = matmul(%46, %51) (1, 2, 2, 2)
    %53 = permute(%52, axes=[0,2,1,3]) (1, 2, 2, 2)
    %54 = reshape(%53, shape=[1,2,4]) (1, 2, 4)
    %55 = input layer0.attn_wo (4, 4)
    %56 = permute(%55, axes=[1,0]) (4, 4)
    %57 = matmul(%54, %56) (1, 2, 4)
    %58 = add(%13, %57) (1, 2, 4)
    %59 = mul(%58, %58) (1, 2, 4)
    %60 = sum(%59, axis=-1) (1, 2, 1)
    %61 = constant [0.25] ()
    %62 = mul(%60, %61) (1, 2, 1)
    %63 = constant [0.00001] ()
    %64 = add(%62, %63) (1, 2, 1)
    %65 = pow(%64, exponent=-0.5) (1, 2, 1)
    %66 = mul(%58, %65) (1, 2, 4)
    %67 = input layer0.mlp_fc1 (16, 4)
    %68 = permute(%67, axes=[1,0]) (4, 16)
    %69 = matmul(%66, %68) (1, 2, 16)
    %70 = relu(%69) (1, 2, 16)
    %71 = pow(%70, exponent=2) (1, 2, 16)
    %72 = input layer0.mlp_fc2 (4, 16)
    %73 = permute(%72, axes=[1,0]) (16, 4)
    %74 = matmul(%71, %73) (1, 2, 4)
    %75 = add(%58, %74) (1, 2, 4)
    %76 = input lm_head (3, 4)
    %77 = permute(%76, axes=[1,0]) (4, 3)
    %78 = matmul(%75, %77) (1, 2, 3)
    logits = %78
    "
  `);
});
