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

  charts: {},
} as const;
