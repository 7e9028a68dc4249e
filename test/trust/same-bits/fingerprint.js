/**
 * The numbers that must have the same bits on every JavaScript engine, each kind as a CRC-32 and the texts as they are.
 * `library` is the built one. Plain JavaScript, for any engine to run as it stands.
 */
export async function fingerprint(library) {
  const { crc32, exp, GPT, learningRateAt, log, namedParams, pow, Random, sample, startRun, train } = library;

  // Little-endian, whatever the machine.
  const crcOf = (numbers) => {
    const bytes = new DataView(new ArrayBuffer(8 * numbers.length));
    numbers.forEach((x, i) => {
      bytes.setFloat64(8 * i, x, true);
    });
    return crc32(new Uint8Array(bytes.buffer)).toString(16).padStart(8, "0");
  };
  const many = (count, make) => Array.from({ length: count }, (_, i) => make(i));
  const random = new Random(1);
  const anySize = () => (1 + random.random()) * pow(2, random.getrandbits(6) - 32);

  const docs = ["anna", "bob", "eve", "otto", "hannah", "ada", "izzi", "emma", "mia", "noah", "liam", "zoe"];
  const documents = { name: "words", docs };
  const stream = {
    name: "text",
    mode: "stream",
    docs: ["how much wood would a woodchuck chuck if it could? ".repeat(20)],
  };

  const course = async (source, options) => {
    const run = startRun(source, options);
    const initial = crcOf(namedParams(run.model.state().weights).flatMap(([, data]) => Array.from(data)));
    const losses = [];
    for await (const record of train(run)) losses.push(record.loss, record.gradNorm, record.valLoss ?? 0);
    const weights = crcOf(namedParams(run.model.state().weights).flatMap(([, data]) => Array.from(data)));
    const drawn = new Random(7);
    const prompt = run.mode === "stream" ? { start: "w", mode: "stream", maxNewTokens: 40 } : {};
    const text = many(6, () => sample(run.model, run.tokenizer, { random: drawn, ...prompt })).join(" ");
    await run.model.dispose();
    return { initial, losses: crcOf(losses), weights, text };
  };
  const model = { nLayer: 2, nEmbd: 16, nHead: 4, blockSize: 16 };
  const threads = 1;

  return {
    exp: crcOf(many(5000, () => exp(1420 * (random.random() - 0.5)))),
    log: crcOf(many(5000, () => log(anySize()))),
    pow: crcOf(many(5000, () => pow(anySize(), 8 * (random.random() - 0.5)))),
    adam: crcOf([0.85, 0.9, 0.95, 0.99, 0.999].flatMap((beta) => many(2000, (t) => 1 - pow(beta, t + 1)))),
    cosine: crcOf(many(2000, (step) => learningRateAt(step, { numSteps: 2000, learningRate: 1, schedule: "cosine" }))),
    gauss: crcOf(many(5000, () => random.gauss())),
    scalar: await course(documents, { engine: "scalar", model, training: { numSteps: 20 } }),
    early: await course(documents, {
      engine: "scalar",
      model: { ...model, mlp: "relu2", zeroInit: true, initStd: 0.02 },
      training: { numSteps: 10, schedule: "cosine", beta1: 0.9, beta2: 0.95 },
    }),
    strict: await course(documents, { strict: true, threads, model, training: { numSteps: 100, schedule: "cosine" } }),
    options: await course(stream, {
      ...{ strict: true, threads, model, valFraction: 0.2 },
      training: {
        ...{ numSteps: 40, batchSize: 3, gradientAccumulationSteps: 2, warmupIters: 5, minLr: 1e-4 },
        ...{ weightDecay: 0.1, gradClip: 1, dropout: 0.1, evalInterval: 10, evalIters: 2 },
      },
    }),
    sampling: (() => {
      const config = { ...model, vocabSize: 27, mlp: "relu", initStd: 0.3, zeroInit: false };
      const gpt = GPT.init(config, new Random(3), { strict: true });
      const next = gpt.predictor([26], 0.7);
      return crcOf(many(10, (i) => Array.from(next(i))).flat());
    })(),
  };
}
