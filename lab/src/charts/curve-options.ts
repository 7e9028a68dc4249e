/** How uPlot draws a Curve. */

import type uPlot from "uplot";
import { tick } from "./format.ts";

export interface Line {
  readonly label: string;
  /** A colour that a canvas knows. */
  readonly stroke: string;
  readonly dashed: boolean;
  readonly points: boolean;
}

export interface Look {
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly width: number;
  readonly height: number;
  readonly text: string;
  readonly grid: string;
  readonly font: string;
}

const FONT_SIZE = 12;
/** A digit's width at that size, generously. */
const DIGIT = 7.2;

/** `range` is asked at each redraw; `pointed` hears the place under the pointer, or undefined when it leaves. */
export function plotOptions(
  look: Look,
  range: () => { readonly min: number; readonly max: number },
  pointed: (place: number | undefined) => void,
): uPlot.Options {
  const axis = (label: string): uPlot.Axis => ({
    stroke: look.text,
    label,
    labelSize: 20,
    labelGap: 0,
    font: `${FONT_SIZE}px ${look.font}`,
    labelFont: `${FONT_SIZE}px ${look.font}`,
    grid: { stroke: look.grid, width: 1 },
    ticks: { stroke: look.grid, width: 1, size: 4 },
    gap: 4,
    values: (_, splits) => splits.map(tick),
  });
  return {
    width: look.width,
    height: look.height,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: { time: false },
      y: {
        range: () => {
          const { min, max } = range();
          return [min, max];
        },
      },
    },
    axes: [
      { ...axis(look.xLabel), size: 24, space: 60 },
      {
        ...axis(look.yLabel),
        space: 36,
        size: (_, values) => 12 + DIGIT * Math.max(2, ...(values ?? []).map((text) => text.length)),
      },
    ],
    series: [
      {},
      ...look.lines.map(
        ({ label, stroke, dashed, points }): uPlot.Series => ({
          label,
          stroke,
          width: 2,
          ...(dashed && { dash: [7, 4] }),
          points: points ? { show: true, size: 6, fill: stroke } : { size: 5, fill: stroke },
        }),
      ),
    ],
    hooks: { setCursor: [(plot) => pointed(plot.cursor.idx ?? undefined)] },
  };
}
