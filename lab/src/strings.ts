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

  train: {},

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
