/** The uPlot options of a Curve. */

import type uPlot from "uplot";
import { tick } from "./format.ts";

export interface Line {
  readonly label: string;
  /** A canvas color. */
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
  /** Scale factor for a picture with a higher resolution than the screen. */
  readonly zoom: number;
}

const FONT_SIZE = 12;
const LINE = 1.75;
/** A digit's width at that size, rounded up. */
const DIGIT = 7.2;

/** `range` is called at each redraw; `pointed` gets the position under the pointer, or undefined when it leaves. */
export function plotOptions(
  look: Look,
  range: () => { readonly min: number; readonly max: number },
  pointed: (place: number | undefined) => void,
): uPlot.Options {
  const { zoom } = look;
  const font = `${Math.round(FONT_SIZE * zoom)}px ${look.font}`;
  const axis = (label: string): uPlot.Axis => ({
    stroke: look.text,
    label,
    labelSize: 20 * zoom,
    labelGap: 0,
    font,
    labelFont: font,
    grid: { stroke: look.grid, width: zoom },
    ticks: { stroke: look.grid, width: zoom, size: 4 * zoom },
    gap: 4 * zoom,
    values: (_, splits) => splits.map(tick),
  });
  return {
    width: look.width * zoom,
    height: look.height * zoom,
    legend: { show: false },
    padding: [8 * zoom, 20 * zoom, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      // Without points the axis is drawn nevertheless.
      x: { time: false, range: (_, low, high) => (low < high ? [low, high] : [low ?? 0, (low ?? 0) + 1]) },
      y: {
        range: () => {
          const { min, max } = range();
          return [min, max];
        },
      },
    },
    axes: [
      { ...axis(look.xLabel), size: 24 * zoom, space: 60 * zoom },
      {
        ...axis(look.yLabel),
        space: 36 * zoom,
        size: (_, values) => zoom * (12 + DIGIT * Math.max(2, ...(values ?? []).map((text) => text.length))),
      },
    ],
    series: [
      {},
      ...look.lines.map(
        ({ label, stroke, dashed, points }): uPlot.Series => ({
          label,
          stroke,
          width: LINE * zoom,
          ...(dashed && { dash: [7 * zoom, 4 * zoom] }),
          points: points ? { show: true, size: 6 * zoom, fill: stroke } : { size: 5 * zoom, fill: stroke },
        }),
      ),
    ],
    hooks: { setCursor: [(plot) => pointed(plot.cursor.idx ?? undefined)] },
  };
}
