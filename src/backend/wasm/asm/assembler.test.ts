import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { relaxedSimd } from "../features.ts";
import { FunctionBuilder, ModuleBuilder } from "./assembler.ts";
import {
  type Code,
  call,
  doWhile,
  f32,
  f32x4,
  forRange,
  get,
  i32,
  madd,
  set,
  tee,
  unreachable,
  v128,
  when,
  whileDo,
} from "./instructions.ts";

interface Instance {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly run: (...args: number[]) => void;
}

function instantiate(module: ModuleBuilder, shared = false): Instance {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const run = exports.run as Instance["run"];
  return { words: new Int32Array(memory.buffer), floats: new Float32Array(memory.buffer), run };
}

// A module whose `run` is one function, which `write` fills.
function compile(write: (fn: FunctionBuilder) => Code): Instance {
  const fn = new FunctionBuilder();
  fn.emit(write(fn));
  const module = new ModuleBuilder({ pages: 1, shared: false });
  module.add(fn, "run");
  return instantiate(module);
}

const at = (index: number): Code => i32.const(4 * index);

test("signed numbers are read back by the engine", () => {
  // All in one function: a module for each would be slow.
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 1000 }), (numbers) => {
      const { words, run } = compile(() => numbers.map((n, i) => i32.store(at(i), i32.const(n))));
      run();
      expect([...words.subarray(0, numbers.length)]).toEqual(numbers);
    }),
    { numRuns: 50 },
  );
});

describe("control", () => {
  // Adds 1 to the word at 0.
  const count = i32.store(at(0), i32.add(i32.load(at(0)), i32.const(1)));

  test.each([
    [0, 0],
    [1, 1],
    [7, 3],
    [9, 3],
    [-4, 0],
  ])("forRange to %d by 3 does its body %d times", (to, times) => {
    const { words, run } = compile((fn) => {
      const limit = fn.param();
      return forRange(fn.local("i32"), i32.const(0), get(limit), 3, count);
    });
    run(to);
    expect(words[0]).toBe(times);
  });

  test.each([
    [0, 0, 1],
    [5, 5, 5],
  ])("from %d down, whileDo does its body %d times and doWhile %d times", (from, whiles, dos) => {
    const loop = (make: (more: (code: Code) => Code, n: Code) => Code): number | undefined => {
      const { words, run } = compile((fn) => {
        const n = fn.param();
        return make((code) => [code, set(n, i32.sub(get(n), i32.const(1)))], i32.gtS(get(n), i32.const(0)));
      });
      run(from);
      return words[0];
    };
    expect(loop((body, more) => whileDo(more, body(count)))).toBe(whiles);
    expect(loop((body, more) => doWhile(body(count), more))).toBe(dos);
  });

  test("loops can be nested", () => {
    const { words, run } = compile((fn) => {
      const [i, j] = [fn.local("i32"), fn.local("i32")];
      const inner = forRange(j, i32.const(0), get(i), 1, count);
      return forRange(i, i32.const(0), i32.const(5), 1, inner);
    });
    run();
    expect(words[0]).toBe(10);
  });

  test("when takes one branch, and may have no other", () => {
    const { words, run } = compile((fn) => {
      const condition = fn.param();
      const store = (index: number): Code => i32.store(at(index), i32.const(1));
      return [when(get(condition), store(0), store(1)), when(get(condition), store(2))];
    });
    run(0);
    expect([...words.subarray(0, 3)]).toEqual([0, 1, 0]);
    words.fill(0);
    run(-1);
    expect([...words.subarray(0, 3)]).toEqual([1, 0, 1]);
  });

  test("tee sets and returns; select chooses", () => {
    const { floats, run } = compile((fn) => {
      const condition = fn.param();
      const x = fn.local("f32");
      return f32.store(at(0), i32.select(tee(x, f32.const(2)), f32.add(get(x), f32.const(1)), get(condition)));
    });
    run(1);
    expect(floats[0]).toBe(2);
    run(0);
    expect(floats[0]).toBe(3);
  });

  test("unreachable traps", () => {
    expect(() => compile(() => unreachable).run()).toThrow(WebAssembly.RuntimeError);
  });
});

describe("a module", () => {
  test("calls among its functions and passes every type", () => {
    const store = new FunctionBuilder();
    const [where, number, vector] = [store.param(), store.param("f32"), store.param("v128")];
    store.emit(v128.store(get(where), f32x4.mul(get(vector), f32x4.splat(get(number)))));
    const module = new ModuleBuilder({ pages: 1, shared: true });
    const index = module.add(store);
    const main = new FunctionBuilder();
    const numbers = v128.floats(1, 2, 3, 4);
    main.emit(call(index, at(4), f32.const(2), numbers), call(index, at(8), f32.const(-1), numbers));
    module.add(main, "run");
    const { floats, run } = instantiate(module, true);
    run();
    expect([...floats.subarray(4, 12)]).toEqual([2, 4, 6, 8, -1, -2, -3, -4]);
  });

  test("has locals of mixed types, initially zero", () => {
    const { words, run } = compile((fn) => {
      const [a, b, c, d] = [fn.local("i32"), fn.local("v128"), fn.local("v128"), fn.local("f32")];
      const sum = i32.add(get(a), get(fn.local("i32")));
      return [i32.store(at(0), sum), v128.store(at(4), v128.or(get(b), get(c))), f32.store(at(8), get(d))];
    });
    words.fill(9);
    run();
    expect([0, 4, 5, 6, 7, 8].map((i) => words[i])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("takes no parameter after a local", () => {
    const fn = new FunctionBuilder();
    fn.local("i32");
    expect(() => fn.param()).toThrow("internal: a parameter after a local");
  });
});

describe("multiply-add", () => {
  // (1 + 2^-23)² is 1 + 2^-22 + 2^-46; only a single rounding keeps the last part.
  const x = 1 + 2 ** -23;
  const value = (relaxed: boolean): number | undefined => {
    const z = f32x4.const(-1 - 2 ** -22);
    const { floats, run } = compile(() => v128.store(at(0), madd({ relaxed }, f32x4.const(x), f32x4.const(x), z)));
    run();
    return floats[3];
  };

  test("rounds twice if strict", () => {
    expect(value(false)).toBe(0);
  });

  test.runIf(relaxedSimd())("rounds once or twice if relaxed", () => {
    expect([0, 2 ** -46]).toContain(value(true));
  });
});
