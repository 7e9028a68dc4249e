/**
 * All English text that the lab shows, in one file: to translate the lab, replace this file. Variable texts are
 * functions. Messages of the library's own errors come from the library.
 */

export const words = {
  /** The lab's counterparts of the commands that the library's advice mentions. */
  commands: {
    prepare: "the command line",
    train: "a new run",
    resume: "the saved run",
    sample: "the view Play",
    "lr-find": "a few short runs",
  },

  // ---------------------------------------------------------------- the page around the views

  shell: {
    title: "microgpt lab",
    skip: "Skip to the view",
    views: "Views",
    view: {
      train: "Train",
      inside: "Look inside",
      step: "One step",
      play: "Play",
      take: "Take away",
    },
    theme: "Colors",
    themes: { auto: "as the system", light: "light", dark: "dark" },
    tour: "Tour",
    loading: "Loading the data and the model …",
    notFetched: "A part of the lab could not be loaded: reload the page when its server can be reached.",
    dismiss: "Dismiss",
    problem: "Something went wrong",
    version: (version: string): string => `microgpt ${version}`,
    private: "Nothing leaves this page: data, model and run stay in this browser. It trains on the processor (CPU).",
    manyThreads: "Large models train on several threads here; for a small one, one is fastest.",
    oneThread:
      "This page cannot share memory between threads, so it trains on one. `npx microgpt lab` serves it with the headers that allow more.",
    noSimd:
      "This browser has no WebAssembly SIMD, so the compiled engine cannot run here. The readable one can, hundreds of times slower.",
    beginScalar: "Begin a run with the readable engine",
    noColours:
      "The colors need Chromium 123, Firefox 120, Safari 17.5 (spring of 2024) or newer. Everything else works.",
    tooOld: (what: string): string =>
      `This browser lacks ${what}: the lab cannot train here. It is made for Chromium 123, Firefox 120, Safari 17.5 (spring of 2024) and newer.`,
    lacking: { workers: "workers that load modules" },
    keyboard: {
      open: "Keyboard",
      heading: "Keyboard",
      about: "Everything can be reached with Tab, Enter, Space and the arrow keys. These shortcuts are quicker:",
      keys: {
        view: "the views, in their order",
        run: "start, pause, continue",
        help: "this list",
        escape: "ends the tour, closes this list",
      },
      charts: "In charts and heat maps the arrow keys move, Home and End go to the ends, and Enter chooses.",
      on: "Shortcuts on (never while you type in a field)",
      close: "Close",
    },
  },

  // ---------------------------------------------------------------- the chosen moment of the run

  moment: {
    label: "Moment of the run",
    now: "Now",
    step: (step: number): string => `Step ${step.toLocaleString("en")}`,
    following: (step: number): string => `the newest weights, step ${step.toLocaleString("en")}`,
    kept: (step: number): string => `the weights as they were after step ${step.toLocaleString("en")}`,
    previous: "Earlier moment",
    next: "Later moment",
    train: { ready: "Start", paused: "Continue", running: "Pause" },
  },

  // ---------------------------------------------------------------- train

  train: {
    start: "Start",
    resume: "Continue",
    pause: "Pause",
    stepOnce: "Step once",
    reset: "Reset",
    undo: "Restore the previous run",
    resetTitle: "Restart the run with fresh weights",
    more: (steps: number): string => `Train ${steps.toLocaleString("en")} more steps`,
    pace: "Pace",
    paces: {
      gentle: "gentle start",
      full: "full speed",
      1: "1 step a second",
      10: "10 steps a second",
      100: "100 steps a second",
    },
    phase: {
      ready: "Ready: the weights are random, nothing has been learned yet.",
      running: "Training.",
      paused: "Paused.",
      finished: "Finished: all steps are done.",
      failed: "Stopped: the run cannot continue. Reset restarts it.",
      model: "A model whose data is missing: you can look inside, play with it and take it away, but not train it.",
    },
    progress: (step: number, of: number): string => `Step ${step.toLocaleString("en")} of ${of.toLocaleString("en")}`,
    unforeseen: "Something unexpected happened. If it happens again, reload the page: the run is kept.",
    slow: "This is taking long: a large model or batch, or a long text.",
    giveUp: "Stop it",
    /** A worker was ended by the browser, or by a bug of ours. */
    ended: {
      trainer: (step: number): string =>
        `training ended unexpectedly and was restarted. The run is at step ${step.toLocaleString("en")}.`,
      reader: "the model's reader ended unexpectedly and was restarted.",
      givenUp: (step: number): string =>
        `the slow work was stopped. The run is at step ${step.toLocaleString("en")}, the last saved one.`,
      forGood: "the lab's workers keep crashing. Reload the page; the saved run is still there.",
    },
    restored: (step: number): string =>
      `This is the run you left here, at step ${step.toLocaleString("en")}. Continue it, or replace it below.`,
    numbers: {
      heading: "The run in numbers",
      loss: "Loss (nats)",
      lossTitle: "How surprised the model is by the next token, on average. Guessing blindly costs log(vocabulary).",
      guessing: (x: string): string => `guessing: ${x}`,
      valLoss: "Validation loss",
      valLossTitle: "The same on text that the model never learns from.",
      speed: "Tokens a second",
      left: "Time left",
      gradNorm: "Gradient norm",
      learningRate: "Learning rate",
      params: "Parameters",
      threads: "Threads",
    },
    chart: {
      title: "Loss",
      label: "Loss by step",
      step: "step",
      nats: "nats a token",
      train: "training",
      val: "validation",
      bigram: "bigram model",
      guessing: "guessing",
      gradTitle: "Gradient norm",
      gradLabel: "Length of the gradient by step",
      norm: "length",
    },
    samples: {
      heading: "What it writes",
      at: (step: number): string => `after step ${step.toLocaleString("en")}`,
      untrained: "untrained",
      newest: "newest",
      copied: "in the data",
      copiedTitle: "This text is in the training data word for word",
      earlier: "Along the way",
      empty: "(empty)",
    },
    verdicts: {
      heading: "What the numbers mean",
      none: "Nothing to say yet: the run is too young, or all is well.",
    },
    keeping: {
      kept: (step: number): string => `Kept in this browser up to step ${step.toLocaleString("en")}.`,
      "other-tab": "Another tab has the lab open: this run is not kept when you close the tab.",
      "no-storage": "This page may not store anything here: the run is gone when you close the tab.",
      full: "The browser's storage is full: the last save that fit is kept. Download the model to be safe.",
      corrupt: "The run that was saved here could not be read; it was set aside.",
      diverged: "The weights are not finite and were not saved: the last good save remains.",
      failed: "Saving failed: download the model to be safe.",
    },
    setup: {
      heading: "A new run",
      begin: "Begin this run",
      replaces: "It replaces the run above.",
      data: "Data",
      dataSet: "Data set",
      own: "own text …",
      missing: (name: string): string => `${name} (not here)`,
      ownText: "Your own text: one document (a name, a word, a line) on each line, or running text",
      ownName: "my text",
      file: "Open a text file, or drop it here",
      notRead: (name: string): string => `The file ${name} could not be read: it was moved, or may not be opened.`,
      long: (name: string, characters: number): string =>
        `${name}: ${characters.toLocaleString("en")} characters, too many to show here. It begins:`,
      typeInstead: "Type a text instead",
      preparing: "Preparing the run …",
      mode: "Read it as",
      modes: { auto: "detected automatically", documents: "documents, one a line", stream: "running text" },
      size: "Size",
      recommended: "recommended for the data",
      custom: "as set below",
      microgpt: "microgpt.py, as published",
      "microgpt-early": "microgpt.py, first version",
      engine: "Engine",
      engines: { wasm: "compiled (fast)", scalar: "scalar (readable, hundreds of times slower)" },
      details: "Sizes and settings",
      /** The sections of the library's settings, in the order in which they are shown. */
      sections: {
        sizes: "Sizes",
        architecture: "Architecture",
        weights: "Initial weights",
        training: "Training",
        optimizer: "Optimizer",
        evaluation: "Evaluation",
      },
      /** Labels of what is no row of the library's settings. */
      fields: { valFraction: "Held out" },
      about: {
        names: "32,257 given names (U.S., 2018)",
        sums: "sums such as 12+7=19",
        brackets: "balanced brackets",
        places: "cities of the world",
        animals: "animals",
        story: "a short story (running text)",
        source: "this model's own source code",
      },
      excerpt: "It begins",
      documents: (n: number): string => `${n.toLocaleString("en")} documents`,
      stream: (n: number): string => `running text, ${n.toLocaleString("en")} tokens`,
    },
  },

  // ---------------------------------------------------------------- look inside

  inside: {
    text: "Text",
    busy: "Computing …",
    textNote: "Any text in the model's alphabet. Every number below is computed from the weights of the moment above.",
    leftOut: (count: number, kept: number): string =>
      `The model reads ${kept} tokens at a time: the last ${count} of this text ${count === 1 ? "is" : "are"} beyond that and ignored.`,
    leftOutStream: (count: number, kept: number): string =>
      `The model reads ${kept} tokens at a time: the first ${count} of this text ${count === 1 ? "is" : "are"} beyond that and ignored.`,
    bos: "BOS",
    layer: (layer: number): string => `Layer ${layer + 1}`,
    head: (layer: number, head: number): string => `layer ${layer + 1}, head ${head + 1}`,
    afterToken: (token: string, position: number): string => `after “${token}” at position ${position}`,

    tokens: {
      title: "Tokens",
      lead: "The text as the model reads it, token by token. The darker a token, the less the model expected it: fully dark is as bad as uniform guessing, or worse. Choose one: everything below is about that position.",
      label: "Tokens, shaded by their loss",
      loss: (nats: string): string => `loss ${nats}`,
      first: "not predicted",
      mean: (nats: string): string => `Mean loss ${nats} nats a token.`,
      even: (nats: string, count: number): string => `A uniform guess among ${count} tokens costs ${nats}.`,
      before: (nats: string): string => `With all heads on: ${nats}.`,
      none: "Nothing is predicted yet: type more.",
    },

    next: {
      title: "Next token",
      lead: "How likely the model finds each token here. The sliders are the settings of sampling, applied at once; tokens that they rule out are faded. BOS means that the text ends here.",
      label: "Probabilities of the next token",
      off: "With heads off",
      on: "With all heads on",
      temperature: "Temperature",
      topK: "Top-k",
      topP: "Top-p",
      all: "all",
      reset: "Reset the sliders",
      entropy: (bits: string, choices: string): string =>
        `Entropy ${bits} bits: as unsure as among ${choices} equally likely tokens.`,
      text: (token: string, chance: string, rank: number): string =>
        `The text continues with “${token}”: ${chance}, number ${rank} on the list.`,
    },

    attention: {
      title: "Attention",
      lead: "Each head of each layer looks back in its own way. A row is a token, and shows how much it attends to each token up to itself: a row sums to 1. Switch a head off to see what the model loses with it.",
      heads: "Heads",
      show: (head: string): string => `Show ${head}`,
      on: (head: string): string => `${head} is on`,
      onShort: "on",
      allOn: "All on again",
      off: (count: number): string => `${count} ${count === 1 ? "head" : "heads"} off`,
      as: "Shown as",
      map: "map",
      arcs: "arcs",
      mapLabel: (head: string): string => `Attention of ${head}`,
      arcsLabel: (head: string): string => `Attention of ${head} as arcs`,
      row: (token: string, position: number): string => `What “${token}” at position ${position} attends to`,
      rest: (count: number, sum: string): string => `The other ${count} together: ${sum}.`,
      darkest: (weight: string): string => `The text is long: ${weight} or more is darkest.`,
      isOff: "This head is off: it attends, but its output is not passed on.",
    },

    lens: {
      title: "Logit lens",
      lead: "What the model would predict if it ended after the embedding, or after each layer: the likeliest token, shaded by its probability.",
      embedding: "Embedding",
      label: "The likeliest next token after each layer",
      here: "Token",
      next: "Continues with",
      course: (token: string): string => `Probability of “${token}”, layer by layer`,
      courseNote: "It is the next token of the text; at the end of the text, the model's own choice.",
    },

    stream: {
      title: "Residual stream",
      lead: "The vector that each position carries through the model. The embedding begins it; attention and MLP of each layer add to it. Choose a cell to see another point, or another position.",
      point: "After",
      embedding: "the embedding",
      attention: (layer: number): string => `attention of layer ${layer + 1}`,
      mlp: (layer: number): string => `MLP of layer ${layer + 1}`,
      map: (after: string): string => `Residual stream after ${after}`,
      lengths: "Length of the vector",
      short: (halves: number): string =>
        halves === 0 ? "emb" : `${Math.ceil(halves / 2)} ${halves % 2 === 1 ? "att" : "mlp"}`,
      channel: (channel: number): string => `c${channel}`,
    },

    mlp: {
      title: "MLP",
      lead: "The units between the MLP's two matrices, after the activation. Most are 0 at most positions: each responds to something of its own. Choose one to see where.",
      layer: "Layer",
      map: (layer: number): string => `Units of the MLP of layer ${layer + 1}`,
      zero: (share: string): string => `${share} of these activations are 0.`,
      unit: "Unit",
      unitName: (unit: number): string => `u${unit}`,
      along: (unit: number): string => `Unit ${unit} along the text`,
      dead: "This unit is 0 everywhere in this text.",
    },
  },

  // ---------------------------------------------------------------- look inside: weights and embeddings

  weights: {
    title: "Weights",
    lead: "The numbers that training changes, tensor by tensor, as they are in the checkpoint: a matrix has a row for each output and a column for each input. Or the gradient: how fast the loss of the first texts of the data grows with each number. A channel (ch.) is one place in the lists of numbers that go through the model.",
    tensor: "Tensor",
    about: {
      wte: "token embedding: a row for each token",
      wpe: "position embedding: a row for each position",
      lm_head: "output: a row for each token that may come next",
      attn_wq: "queries, head by head",
      attn_wk: "keys, head by head",
      attn_wv: "values, head by head",
      attn_wo: "what the heads found, back into the stream",
      mlp_fc1: "MLP, from the stream to the units",
      mlp_fc2: "MLP, from the units back into the stream",
    },
    option: (name: string, rows: number, columns: number): string => `${name} (${rows} × ${columns})`,
    show: "Shown",
    kinds: { weights: "weights", gradient: "gradient" },
    texts: (count: number, loss: string): string =>
      `The gradient of the mean loss, ${loss} nats a token, of ${count === 1 ? "the beginning of the text" : `the first ${count} documents of the data`}.`,
    map: (name: string, kind: string): string => `${name}, ${kind}`,
    mapLabel: (name: string, kind: string): string => `The ${kind} of ${name} as colors`,
    averaged: (rows: number, columns: number): string =>
      `Too many to show each: a cell is the mean of ${rows} × ${columns} of them. Choose a cell to see the part around it number by number.`,
    part: (from: string, to: string): string => `Only a part, from ${from} to ${to}.`,
    whole: "All of it",
    through: (first: string, last: string): string => `${first} – ${last}`,
    channel: (i: number): string => `ch. ${i}`,
    position: (i: number): string => `pos. ${i}`,
    unit: (i: number): string => `unit ${i}`,
    head: (head: number, i: number): string => `head ${head + 1}, ${i}`,
    spread: "Distribution",
    spreadLabel: (name: string, kind: string): string => `Histogram of the ${kind} of ${name}`,
    largest: (x: string): string => `The largest, without its sign: ${x}.`,
    zeros: "All of them are 0.",
    course: "Distribution over the run",
    courseLabel: (name: string, kind: string): string =>
      `Histograms of the ${kind} of ${name} at saved moments of the run`,
    courseNote:
      "Each ridge is a saved moment, all drawn to the same height, the newest in front. Choose one and everything here shows that moment.",
    counting: (done: number, of: number): string => `Counting: ${done} of ${of} moments.`,
    oneMoment: "There is one moment so far. Keep training, and more will appear in front of it.",
    ridge: (step: number): string => step.toLocaleString("en"),
  },

  embeddings: {
    title: "Embeddings",
    lead: "Each token and each position is a list of numbers, and so a point in a space of as many directions. Here you see the two directions in which the points differ most (principal components). The model treats neighbors alike.",
    of: "Points",
    kinds: {
      wte: "tokens as they are read (wte)",
      wpe: "positions (wpe)",
      lm_head: "tokens as they are predicted (lm_head)",
    },
    map: (name: string): string => `${name} in two dimensions`,
    axis: (axis: number, share: string): string => `axis ${axis + 1}: ${share} of the variance`,
    vowels: "Vowels are squares: watch whether training brings them together.",
    shares: (first: string, second: string, both: string): string =>
      `The axes show ${first} and ${second} of all variance, ${both} together; the rest is not visible here.`,
    some: (count: number, of: number): string =>
      `${count.toLocaleString("en")} of ${of.toLocaleString("en")} points are drawn, evenly spread over the vocabulary; the axes come from all of them.`,
    near: "Nearest neighbors",
    nearOf: (name: string): string => `Nearest to “${name}”`,
    nearLabel: (name: string): string => `Cosine of the angle to “${name}”`,
    nearNote: "By the cosine of the angle between both lists of numbers: 1 is the same direction, 0 a right angle.",
    choose: "Choose a point to see which others point the same way, in all directions and not only in these two.",
  },

  // ---------------------------------------------------------------- one step

  step: {
    intro:
      "One real training step on one document, in full: forward from the weights to the loss, backward from the loss to every weight. Each number below is a node of one graph, made by the readable engine from the model as it is.",
    document: {
      label: "Document",
      next: "From the data",
      typed: "Or type one",
      use: "Take this step",
      empty: "(empty)",
      newer: "The run has moved on since.",
      renew: "Take the newest weights",
      building: "Building the graph …",
      loss: "Loss",
      about: (tokens: number, nodes: number, ms: number): string =>
        `nats a token over ${tokens} ${tokens === 1 ? "token" : "tokens"}, by a graph of ${nodes.toLocaleString("en")} scalars; built and differentiated in ${Math.round(ms)} ms`,
      leftOut: (count: number): string =>
        `The context has no room for the last ${count.toLocaleString("en")} tokens: they are left out.`,
    },
    diagram: {
      heading: "The step, folded",
      hint: "Forward goes up, the gradient comes down. Unfold a group; choose a tensor to see its numbers.",
      label: "Diagram of the training step",
      unfoldAll: "Unfold all",
      foldAll: "Fold all",
      groups: { embedding: "embedding", output: "logits", attention: "attention", mlp_block: "MLP" },
      layer: (index: string): string => `layer ${index}`,
      scalars: (count: number): string => `${count.toLocaleString("en")} ${count === 1 ? "scalar" : "scalars"}`,
      unfold: (name: string): string => `Unfold ${name}`,
      fold: (name: string): string => `Fold ${name}`,
      tensor: (name: string, shape: string, scalars: string): string => `${name}: ${shape}, made of ${scalars}`,
      meanGradient: "mean absolute gradient",
      scalar: "one number",
      bars: "The bar is the mean |gradient|; each quarter of it is a factor of ten.",
    },
    player: {
      label: "Play the step",
      play: "Play",
      pause: "Pause",
      first: "To the beginning",
      previous: "One step back",
      next: "One step on",
      last: "To the end",
      speed: "Speed",
      speeds: { 2000: "slow", 1000: "normal", 400: "fast" },
      moment: "Moment",
      begin: "Nothing is computed yet: there are only the weights and the document.",
      done: "Done: every number has its value, and its gradient.",
      forward: (name: string): string => `Forward: ${name} is computed.`,
      backward: (name: string): string => `Backward: ${name} has its gradient, and passes it on.`,
    },
    tensor: {
      none: "Choose a tensor in the diagram.",
      data: "Data",
      gradient: "Gradient",
      show: "Show",
      label: (name: string, what: string): string => `${name}, ${what}`,
      shape: (shape: string, axes: string | undefined): string =>
        axes === undefined ? shape : `shape ${shape}: ${axes}`,
      axes: {
        weight: "outputs × inputs",
        vocabulary: "vocabulary × channels",
        positions: "positions × channels",
        tokens: "tokens",
        logits: "tokens × vocabulary",
        heads: "tokens × heads × channels of a head",
        channels: "tokens × channels",
      },
      hint: "Choose an entry to see the scalars that it is computed from.",
      unused: (name: string): string => `${name} takes no part in this document: its gradient is 0.`,
      entry: "Entry",
      go: "Show this entry",
      goHint: "row,column",
      noEntry: (rows: number, columns: number): string =>
        `An entry is two numbers, row (0 to ${rows - 1}) and column (0 to ${columns - 1}), such as 0,${Math.min(3, columns - 1)}.`,
    },
    tree: {
      heading: (name: string): string => `How ${name} is computed`,
      hint: "Read it from left to right. Each edge shows the local gradient: how fast the right node changes with the left one.",
      label: (name: string): string => `Scalars that ${name} is computed from`,
      data: "data",
      grad: "grad",
      more: (count: number): string => `Show the other ${count.toLocaleString("en")} terms of the sum`,
      fewer: "Show fewer terms",
      folded: "unfold it to see more",
      sum: "sum of its terms",
    },
    node: {
      heading: "This node",
      trail: "The way here",
      back: "Back",
      unfold: "Unfold this node",
      data: "data",
      gradient: "gradient",
      lossGradient: "d loss / d node",
      sandboxGradient: "d result / d node",
      inBox: (box: string): string => `inside ${box}`,
      formula: "Formula",
      given: "It is an input, not computed: a weight or a constant.",
      rules: "Local gradients",
      operands: "Computed from",
      terms: "Its gradient is a sum over its uses",
      termsTitle: "gradient = Σ gradient of the user × local gradient",
      user: "user",
      userGradient: "its gradient",
      local: "local",
      product: "product",
      others: (count: number): string => `${count.toLocaleString("en")} more uses`,
      sum: "sum",
      root: "It is the loss itself: d loss / d loss = 1.",
      sandboxRoot: "It is the result itself: its gradient is 1.",
      unused: "Nothing uses it, so its gradient is 0.",
      chain: "The chain of products",
      paths: (count: string): string =>
        count === "1" ? "One path leads from here to the end." : `${count} paths lead from here to the end.`,
      heaviest: (product: string, share: string): string =>
        `The heaviest multiplies up to ${product}: ${share} of the gradient.`,
      cancel: "Other paths pull the other way, so one alone can be more than the whole, or have the other sign.",
      heaviestAlone: (product: string): string => `The heaviest multiplies up to ${product}.`,
      additions: (count: number): string => `through ${count} additions`,
    },
    check: {
      button: "Check this gradient",
      hint: "Move the number a little to both sides, compute the loss again, and see how steep it is.",
      row: { up: "value + h", value: "value", down: "value − h" },
      at: "at",
      number: "number",
      loss: "loss",
      result: "result",
      slope: "slope: difference of both / 2h",
      gradient: "gradient by backward",
      difference: "difference",
      step: (h: string): string => `h = ${h}`,
      agrees: "They agree, as far as a difference can tell.",
      differs: "They differ by more than rounding explains.",
      kinks: (count: number, names: string): string =>
        `Between the two points ${count === 1 ? "a relu or max changes its side" : `${count.toLocaleString("en")} relu or max nodes change their sides`} (${names}). At such a kink there is no one slope: the difference may differ from the gradient, and both be right.`,
      rounding: (x: string): string => `Rounding alone makes the slope uncertain by about ${x}.`,
    },
    source: {
      heading: "The source of",
      of: (name: string): string => `The lines of source that make ${name}`,
      line: (file: string, line: number): string => `${file}, line ${line}`,
    },
    update: {
      button: "What would the optimizer do?",
      heading: "The update",
      before: "weight before",
      gradient: "gradient",
      after: "weight after",
      change: "change",
      learningRate: "learning rate at this step",
      slots: {
        m: "Adam's running mean of the gradient",
        v: "Adam's running mean of its square",
        momentum: "momentum: earlier gradients, fading",
      },
      scale: "share of the gradient after clipping",
      remembers: (steps: number): string =>
        `With the optimizer's memory of the previous ${steps.toLocaleString("en")} steps. A step of the run itself learns from a whole batch; this one from this document alone.`,
      fresh:
        "The optimizer's memory is saved only with the newest weights, and only while training is paused: here it starts from zero, as at the first step. Adam then moves each weight by about the learning rate, against the sign of its gradient.",
    },
    compare: {
      heading: "Readable and compiled",
      intro:
        "The graph above was made one scalar at a time, in float64. The engine that trains was compiled from the same model to WebAssembly, with derivatives by a table of rules. Two derivations of the same numbers:",
      button: "Compare with the compiled engine",
      busy: "Computing both …",
      largest: "largest difference, relative to the largest gradient",
      expected: "About 1e-6 is expected: the compiled engine computes in float32, which has about 7 digits.",
      times: (scalar: number, wasm: number): string =>
        `Readable ${Math.round(scalar)} ms, compiled ${Math.round(wasm)} ms, most of it for compiling.`,
      losses: (scalar: string, wasm: string): string => `Loss: readable ${scalar}, compiled ${wasm}.`,
      tensor: "tensor",
      gradient: "largest |gradient|",
      difference: "largest difference",
      relative: "relative",
    },
    sandbox: {
      heading: "Sandbox",
      intro: "The same scalars, on a formula of your own: numbers, names, + − * / **, brackets, relu, exp and log.",
      expression: "Expression",
      examples: "Examples",
      example: {
        "(a*b + c).relu()": "a neuron",
        "x*x + x": "a number used twice",
        "1 / (1 + exp(-x))": "the logistic function",
        "log(exp(a) + exp(b)) - a": "cross entropy of two logits",
        "s = (a*a + b*b)/2 + 0.00001; a * s**-0.5": "rmsnorm of two numbers",
        "(w*x + b - y)**2": "a squared error",
      },
      value: (name: string): string => `Value of ${name}`,
      slider: (name: string): string => `Slider for ${name}`,
      result: "Result",
    },
  },

  // ---------------------------------------------------------------- play

  play: {
    waiting: "Reading the model …",
    ways: "Ways to play",
    way: { write: "Let it write", step: "One token at a time", guess: "Guess against it" },
    settings: "How tokens are drawn",
    prompt: "Begin with",
    promptHint: {
      documents: "Every text begins with this; leave it empty for none.",
      stream: "The text continues from here; leave it empty to begin a line.",
    },
    temperature: "Temperature",
    temperatureHint: "Towards 0 plainer, above 1 bolder.",
    topK: "Top-k",
    topKHint: "Only among the k likeliest.",
    topP: "Top-p",
    topPHint: "Only among the likeliest that together have this probability.",
    repetitionPenalty: "Repetition penalty",
    repetitionPenaltyHint: "Above 1 avoids what the text already has.",
    off: "off",
    seed: "Seed",
    seedHint: "The same seed, the same texts: here and in “microgpt sample”.",
    dice: "Another seed",
    count: "How many",
    countWrong: (most: number): string => `expected a whole number from 1 to ${most.toLocaleString("en")}`,
    maxNewTokens: "Length",
    maxNewTokensHint: "Most tokens to add to each text.",

    write: "Write",
    stop: "Stop",
    copy: "Copy texts",
    copied: "Copied.",
    notCopied: "The browser does not let this page copy: select the texts and copy them by hand.",
    texts: "What the model wrote",
    noTexts: "Nothing written yet: press Write.",
    noText: "(an empty text)",
    writing: (done: number, count: number): string =>
      `Writing: ${done.toLocaleString("en")} of ${count.toLocaleString("en")} …`,
    written: (count: number, step: number): string =>
      `${count.toLocaleString("en")} ${count === 1 ? "text" : "texts"}, by the weights after step ${step.toLocaleString("en")}.`,
    inData: { documents: "in the training data", stream: "copies the training data" },
    full: "cut: the context is full",
    novelty: "New or copied?",

    textSoFar: "The text so far",
    nothingYet: "Nothing yet. Choose a token, or let one be drawn.",
    end: "end",
    promptNote: "given",
    tokenNote: (probability: string, rank: number): string =>
      `${probability}, number ${rank.toLocaleString("en")} of all`,
    likeliest: "Take the likeliest",
    draw: "Draw",
    undo: "Undo",
    restart: "Start again",
    nextTitle: "What may come next",
    beforeTitle: (piece: string): string => `What “${piece}” was taken from`,
    others: (count: number): string => (count === 1 ? "1 other" : `${count.toLocaleString("en")} others`),
    othersMore: "shows more",
    cannot: "Hollow ones are not drawn with these settings; you may take them.",
    endedBos: "The model ended the text.",
    endedLimit: "The context is full: the model sees no further, and the text ends.",
    colour:
      "The stronger a token’s color, the less the model expected it. Press one to see what it was taken from, and to take another there.",
    chance: (oneIn: string): string => `This text has probability 1 in ${oneIn}.`,
    never: "With these settings, this text is never drawn.",
    chanceDrawn: (oneIn: string): string => `Drawn with these settings: 1 in ${oneIn}.`,
    logs: (sum: string, mean: string): string =>
      `Log-probabilities together ${sum}, so a loss of ${mean} nats a token.`,

    unit: { character: "character", token: "token" },
    rules: (unit: string): string =>
      `A text is uncovered ${unit} by ${unit}. Each time you say first what comes next and how sure you are, then the model’s guess is shown. Whoever gave the truth a higher probability pays less: that is the loss.`,
    from: {
      val: "The text was held out: the model has not learned it.",
      train: "No text was held out: this one is from the training data, and the model may have memorized it.",
    },
    gameSeedHint: "Decides which texts are dealt, and in which order.",
    play: "Play",
    again: "Again",
    finish: "Stop here",
    guess: (unit: string): string => `Your guess: the next ${unit}`,
    guessHint: {
      documents: "Enter with nothing typed means: it ends here.",
      stream: "Enter with nothing typed means: a line end.",
    },
    guessTokenHint:
      "A token may be a part of a word; write a blank as a blank, \\n for a line end, \\xE2 for a byte. Enter guesses.",
    guessEnd: { documents: "It ends here", stream: "A line end" },
    submit: "Guess",
    sure: "How sure are you?",
    surePercent: (percent: number): string => `${percent} %`,
    unknown: (typed: string, like: string): string =>
      `expected something of the model’s vocabulary, got “${typed}”${like === "" ? "" : `; what it begins with: ${like}`}`,
    turn: (turn: number): string => `Turn ${turn}`,
    told: (guess: string, hit: boolean, truth: string): string =>
      hit ? `You said “${guess}”: right.` : `You said “${guess}”: it was “${truth}”.`,
    modelTold: (guess: string, probability: string, truth: string, truthProbability: string): string =>
      guess === truth
        ? `The model’s first guess was right: it gave “${truth}” ${probability}.`
        : `The model’s first guess was “${guess}” (${probability}); it gave “${truth}” ${truthProbability}.`,
    cost: (yours: string, models: string): string => `This turn cost you ${yours} nats, the model ${models}.`,
    uncovered: "The text",
    restNote: "not guessed",
    score: "Score",
    scoreRows: { you: "You", model: "The model", blind: "Knowing nothing" },
    hits: "Right",
    hitsOf: (hits: number, turns: number): string => `${hits} of ${turns}`,
    nats: "Loss, nats",
    bits: "Loss, bits",
    thisText: "this text",
    allTexts: (count: number): string => `all ${count.toLocaleString("en")} texts`,
    explain: (vocabSize: number): string =>
      `Loss is the mean of −ln of the probability that the right token was given. You give your guess the probability on the slider and share the rest equally among the other ${(vocabSize - 1).toLocaleString("en")} tokens; the model gives one to each.`,
    over: {
      document: "That was the whole text.",
      context: "The context is full: the model sees no further.",
      enough: "Enough of this text.",
      stopped: "Stopped.",
    },
    verdict: (yours: string, models: string, ratio: string): string =>
      `Your loss is ${yours}, the model’s ${models}: on average, ${ratio}.`,
    verdictYou: (times: string): string =>
      `you gave the right token ${times} times the probability that the model gave it`,
    verdictModel: (times: string): string =>
      `the model gave the right token ${times} times the probability that you gave it`,
    verdictEven: "you are equally good",
    tooSure: "You paid more than a blind guess costs: being less sure would have cost less.",
  },

  // ---------------------------------------------------------------- take away

  take: {
    file: {
      heading: "The model as a file",
      about:
        "A .safetensors file: the command line, this lab and Python’s safetensors package read it. Nothing is uploaded anywhere.",
      choices: {
        run: "The run, with the state of its training: it can be continued elsewhere",
        weights: "The weights only, of the chosen moment",
      },
      download: "Download",
      step: (step: number): string => `after step ${step.toLocaleString("en")}`,
      commands: "What to type, in the folder where the file is",
      sample: "Write 20 texts",
      chat: "Let it continue what you type",
      info: "Show what is in it",
      resume: "Continue training",
      eval: "Measure it on a text",
      lab: "Open it in the lab again",
      data: "Download its data",
      dataAbout: "The last commands need the run’s data:",
    },
    open: {
      heading: "Open a model file",
      about:
        "A .safetensors file from the command line or another lab: choose it here, or drop it anywhere on the page. If its data is one of the lab’s, or your own text, its run continues. Otherwise its weights begin a new run on the data chosen under Train, if it can spell that data.",
      choose: "Model file",
      busy: "Reading the file …",
      drop: "Drop the model file to open it",
      notModel: (name: string): string =>
        `${name} was not opened: the name of a model file ends in .safetensors; open a text as “Data” under Train.`,
    },
    opened: {
      run: (name: string, data: string, step: number): string =>
        `${name}: its run continues here, from step ${step.toLocaleString("en")}, on “${data}”.`,
      weights: (name: string, data: string): string =>
        `${name}: its weights begin a new run on “${data}”. It came without a run, or its data is missing.`,
      model: (name: string, data: string | undefined): string =>
        `${name}: you can look into it and let it write, but not train it here, because its data ${data === undefined ? "is missing, and the data chosen under Train does not fit it" : `“${data}” is missing. To continue its training, enter that text under Train and open the model again`}.`,
      settings: (data: string): string => `The link’s settings are here: a new run on “${data}”.`,
      needsText: (data: string): string =>
        `The link’s settings are under “A new run”. Its text, “${data}”, was too long for a link: enter it there and begin.`,
      undo: "Restore the previous run",
      dismiss: "Dismiss",
    },
    arrival: {
      link: "This link brings a run",
      model: "A model is waiting",
      data: "Data",
      own: (name: string, characters: number): string => `${name} (${characters.toLocaleString("en")} characters)`,
      missing: (name: string): string => `${name} (not in the link)`,
      weights: "Model",
      params: (count: number): string => `${count.toLocaleString("en")} parameters, trained`,
      none: "none: training starts from scratch",
      file: "File",
      replaces: (step: number): string =>
        `It would replace your run, which is at step ${step.toLocaleString("en")}. You can restore it until you close the page.`,
      accept: "Open it",
      decline: "Keep my run",
    },
    linkName: "The link’s model",
    link: {
      heading: "A link",
      about: "Everything is after the # of the address: no server sees or stores it.",
      weights: (count: number): string => `With the model’s weights (${count.toLocaleString("en")}, slightly rounded)`,
      tooLarge: "The model is too large for a link: the link carries only the settings.",
      leftOut: "Your own text is too long for a link, so it is left out: whoever opens the link needs it.",
      missing: "The model’s data is not here, so it cannot come along: whoever opens the link needs it.",
      local:
        "This page is on your own machine, and so is where the link leads: it works for whoever runs `npx microgpt lab`.",
      make: "Make a link",
      length: (characters: number): string => `${characters.toLocaleString("en")} characters`,
      field: "The link",
    },
    page: {
      heading: "One HTML file",
      about:
        "The model with everything it needs, in a page that works offline, on any device. For the same seed it writes the same as this model.",
      size: (size: string): string => `about ${size}`,
      download: "Download the page",
    },
    pictures: {
      heading: "Pictures",
      about: "Every chart can be saved as a picture (PNG): press the arrow beside its title.",
    },
    copy: "Copy",
    copyOf: (what: string): string => `Copy: ${what}`,
    copied: "Copied.",
    notCopied: "The browser does not let this page copy: select the text and copy it by hand.",
    working: "One moment …",
  },

  // ---------------------------------------------------------------- the page that a model is taken away as

  standalone: {
    language: "en",
    title: (data: string): string => `A small GPT that learned “${data}”`,
    about: "Made with microgpt. It runs offline: nothing that you type leaves this page.",
    params: (count: number, step: number): string =>
      `A GPT of ${count.toLocaleString("en")} numbers after ${step.toLocaleString("en")} steps of training, all of it in this file.`,
    start: "Text to begin with",
    temperature: "Temperature",
    topK: "Top-k",
    topKAll: "all",
    seed: "Seed",
    generate: "Generate",
    output: "What it writes",
    unknownCharacter: "The model has never seen the character “{character}”: leave it out.",
    startTooLong: "That is more than the model can read: use at most {most} tokens.",
  },

  // ---------------------------------------------------------------- the tour

  tour: {
    label: "Tour",
    offer: "New here? Six short steps show you around.",
    start: "Start the tour",
    refuse: "No thanks",
    next: "Next",
    back: "Back",
    end: "End",
    finish: "Done",
    progress: (step: number, of: number): string => `${step} of ${of}`,
    steps: {
      data: {
        title: "A GPT of your own",
        text: "This page trains a small GPT from nothing, on the data chosen here: names at first, or your own text. It reads piece by piece, mostly single characters, and learns what comes next. All of it happens in this tab.",
      },
      train: {
        title: "Press Start",
        text: "The loss says how surprised the model is by what comes next; the dashed line is what blind guessing costs. Watch the curve fall, and what it writes turn from a jumble into something like the data. It goes slowly at first, then as fast as it can.",
      },
      inside: {
        title: "Look inside",
        text: "Attention: for each piece of a text, every head weighs the pieces before it. Each small map is a head, each of its rows a piece of the text; the strong cells are where it looks. Further up, type any text, and go back on the timeline to any moment of the run.",
      },
      step: {
        title: "One step, number by number",
        text: "A real training step, from the weights to the loss and all the way back. Choose a tensor in the diagram, then an entry: you see the single additions and products it is made of, and the derivative of each.",
      },
      play: {
        title: "Play against it",
        text: "Let it write, lead it piece by piece, or guess against it: who is less surprised by what comes next, you or the model?",
      },
      take: {
        title: "Take it away",
        text: "The model is one file, which the command line samples from and trains on. Or make a page that writes offline, or a link that begins the same run elsewhere.",
      },
    },
  },

  // ---------------------------------------------------------------- charts

  charts: {
    save: "Save picture",
    saveOf: (title: string): string => `Save a picture of “${title}”`,
    notSaved: (why: string): string => `The picture was not saved: ${why}`,
    empty: "Nothing to draw yet.",
    point: "The left and right arrow keys read its numbers.",
    outside: (count: number): string =>
      count === 1
        ? "1 value of the first 1 % is outside the axis."
        : `${count.toLocaleString("en")} values of the first 1 % are outside the axis.`,
    heatMap: "heat map",
    aim: "Point at a cell, or focus the map and use the arrow keys.",
    pick: "Enter chooses the cell.",
    row: (index: number): string => `row ${index}`,
    column: (index: number): string => `column ${index}`,
    cell: (row: string, column: string, value: string): string => `${row}, ${column}: ${value}`,
    noValue: "no value",
    marked: "marked",
    faded: "left out",
    summary: (count: number, mean: string, std: string): string =>
      `${count.toLocaleString("en")} ${count === 1 ? "number" : "numbers"}, mean ${mean}, standard deviation ${std}`,
    range: (from: string, to: string): string => `from ${from} to ${to}`,
    ridges: (first: string, last: string): string => `from ${first} at the back to ${last} in front`,
    looksAt: (token: string, at: string): string => `${token} looks at ${at}`,
    looksAtAll: "Choose a token to see only what it looks at.",
    weight: (token: string, weight: string): string => `${token} ${weight}`,
    aimPoint: "Choose a point, or focus the picture and use the left and right arrow keys and Enter.",
    unnamed: (count: number): string =>
      `${count.toLocaleString("en")} more ${count === 1 ? "point has" : "points have"} no room for a name.`,
    at: (label: string, x: string, y: string): string => `${label} (${x}, ${y})`,
    shade: (percent: string): string => `shade ${percent}`,
  },
} as const;
