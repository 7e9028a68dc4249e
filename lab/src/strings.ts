/**
 * Every English word that the lab shows, in one file: to translate the lab is to write another one. What varies is a
 * function. Messages of the library's own errors come from the library.
 */

export const words = {
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
    theme: "Colours",
    themes: { auto: "as the system", light: "light", dark: "dark" },
    tour: "Tour",
    loading: "Making the data and the model ready …",
    dismiss: "Dismiss",
    problem: "Something went wrong",
    oneThread:
      "This page may not share memory between threads, so it trains on one. `npx microgpt lab` serves it with the headers that allow more.",
    tooOld: (what: string): string =>
      `This browser lacks ${what}: the lab cannot train here. Any browser from 2023 on can.`,
  },

  // ---------------------------------------------------------------- which moment of the run is looked at

  moment: {
    label: "Moment of the run",
    now: "Now",
    step: (step: number): string => `Step ${step.toLocaleString("en")}`,
    following: (step: number): string => `the newest weights, step ${step.toLocaleString("en")}`,
    kept: (step: number): string => `the weights as they were after step ${step.toLocaleString("en")}`,
    previous: "Earlier moment",
    next: "Later moment",
  },

  // ---------------------------------------------------------------- train

  train: {
    start: "Start",
    resume: "Go on",
    pause: "Pause",
    stepOnce: "Step once",
    reset: "Reset",
    undo: "Bring back the run before",
    resetTitle: "Begin the same run anew, with fresh weights",
    more: (steps: number): string => `Train ${steps.toLocaleString("en")} steps more`,
    pace: "Pace",
    paces: {
      gentle: "gentle start",
      full: "full speed",
      1: "1 step a second",
      10: "10 steps a second",
      100: "100 steps a second",
    },
    phase: {
      ready: "Ready: the weights are random, nothing is learned yet.",
      running: "Training.",
      paused: "Paused.",
      finished: "Finished: all steps are done.",
      failed: "Stopped: the numbers went out of bounds.",
    },
    progress: (step: number, of: number): string => `Step ${step.toLocaleString("en")} of ${of.toLocaleString("en")}`,
    restored: (step: number): string =>
      `This is the run you left here, at step ${step.toLocaleString("en")}. It can go on, or be replaced below.`,
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
      copiedTitle: "This text stands in the training data word for word",
      earlier: "On the way",
      empty: "(empty)",
    },
    verdicts: {
      heading: "What the numbers mean",
      none: "Nothing to say yet: the run is too young, or all is well.",
      /** The library speaks to whoever types commands; here there are fields. */
      advice: (said: string): string =>
        said
          .replace(/ with microgpt sample/g, "")
          .replace(/ with microgpt lr-find/g, "")
          .replace(/--num_steps/g, "steps")
          .replace(/--grad_clip/g, "gradient clip")
          .replace(/--(\w+)/g, (_, flag: string) => flag.replaceAll("_", " ")),
    },
    keeping: {
      kept: (step: number): string => `Kept in this browser up to step ${step.toLocaleString("en")}.`,
      "other-tab": "Another tab has the lab open: this run is not kept when you close the tab.",
      "no-storage": "This page may not store anything here: the run is gone when you close the tab.",
      full: "The browser's storage is full: the last save that fitted is kept. Download the model to be safe.",
      corrupt: "The run that was kept here could not be read; it was set aside.",
      failed: "Saving failed: download the model to be safe.",
    },
    setup: {
      heading: "A new run",
      begin: "Begin this run",
      replaces: "It takes the place of the run above.",
      data: "Data",
      dataSet: "Data set",
      own: "own text …",
      ownText: "Your own text: one document (a name, a word, a line) on each line, or running text",
      ownName: "my text",
      file: "Open a text file, or drop it here",
      mode: "Read it as",
      modes: { auto: "what it looks like", documents: "documents, one a line", stream: "running text" },
      size: "Size",
      recommended: "recommended for the data",
      custom: "as set below",
      microgpt: "microgpt.py, as published",
      "microgpt-early": "microgpt.py, first version",
      engine: "Engine",
      engines: { wasm: "compiled (fast)", scalar: "scalar (readable, hundreds of times slower)" },
      details: "Sizes and settings",
      fields: {
        nLayer: "Layers",
        nHead: "Heads",
        nEmbd: "Channels",
        blockSize: "Context (tokens)",
        activation: "Activation",
        numSteps: "Steps",
        batchSize: "Batch",
        learningRate: "Learning rate",
        schedule: "Schedule",
        warmupIters: "Warm-up steps",
        weightDecay: "Weight decay",
        gradClip: "Gradient clip",
        dropout: "Dropout",
        evalInterval: "Evaluate every",
        evalIters: "Batches an evaluation",
        seed: "Seed",
      },
      about: {
        names: "32,257 given names (U.S., 2018)",
        sums: "sums such as 12+7=19",
        brackets: "balanced brackets",
        places: "cities of the world",
        animals: "animals",
        story: "a short story (running text)",
        source: "this model's own source code",
      },
      excerpt: "It begins so",
      documents: (n: number): string => `${n.toLocaleString("en")} documents`,
      stream: (n: number): string => `running text, ${n.toLocaleString("en")} tokens`,
    },
  },

  // ---------------------------------------------------------------- look inside

  inside: {},

  // ---------------------------------------------------------------- one step

  step: {},

  // ---------------------------------------------------------------- play

  play: {},

  // ---------------------------------------------------------------- take away

  take: {},

  // ---------------------------------------------------------------- the tour

  tour: {},

  // ---------------------------------------------------------------- charts

  charts: {
    save: "Save picture",
    saveOf: (title: string): string => `Save a picture of “${title}”`,
    notSaved: (why: string): string => `The picture was not saved: ${why}`,
    empty: "Nothing to draw yet.",
    point: "The left and right arrow keys read its numbers.",
    outside: (count: number): string =>
      count === 1
        ? "1 value of the first 1 % lies outside the axis."
        : `${count.toLocaleString("en")} values of the first 1 % lie outside the axis.`,
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
    looksAtAll: "Choose a token to see what it looks at alone.",
    weight: (token: string, weight: string): string => `${token} ${weight}`,
    unnamed: (count: number): string =>
      `${count.toLocaleString("en")} more ${count === 1 ? "point has" : "points have"} no room for a name.`,
    at: (label: string, x: string, y: string): string => `${label} (${x}, ${y})`,
    shade: (percent: string): string => `shade ${percent}`,
  },
} as const;
