import fc from "fast-check";
import { expect, test } from "vitest";
import { type Column, drawTable } from "./table.ts";

interface Row {
  readonly name: string;
  readonly size: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "name", align: "left", cell: ({ name }) => name },
  { title: "size", align: "right", cell: ({ size }) => `${size}`, spare: 1 },
  { title: "twice", align: "right", cell: ({ size }) => `${2 * size}`, spare: 2 },
  { title: "end", align: "left", cell: () => "x" },
];
const ROWS: readonly Row[] = [
  { name: "a long name", size: 7 },
  { name: "b", size: 12345 },
];

test.each<[columns: number, table: string[]]>([
  [80, ["name          size  twice  end", "a long name      7     14  x", "b            12345  24690  x"]],
  [25, ["name          size  end", "a long name      7  x", "b            12345  x"]],
  [20, ["name         end", "a long name  x", "b            x"]],
  [12, ["name     end", "a long…  x", "b        x"]],
])("in %d columns", (columns, table) => {
  expect(drawTable(ROWS, COLUMNS, columns)).toEqual(table);
});

test("drops a column that has nothing to show", () => {
  const empty: Column<Row> = { title: "nothing", align: "left", cell: ({ size }) => (size < 0 ? "x" : "") };
  expect(drawTable(ROWS, [empty, ...COLUMNS], 80)).toEqual(drawTable(ROWS, COLUMNS, 80));
});

test("never exceeds its width, as long as the required columns fit", () => {
  const rows = fc.array(fc.record({ name: fc.string({ maxLength: 60 }), size: fc.nat() }));
  fc.assert(
    fc.property(rows, fc.integer({ min: 11, max: 100 }), (all, columns) => {
      for (const line of drawTable(all, COLUMNS, columns)) expect(line.length).toBeLessThanOrEqual(columns);
    }),
  );
});

test("is painted cell by cell, after it has been measured", () => {
  const painted = drawTable(ROWS, COLUMNS.slice(0, 2), 80, (text, { title }, row) => {
    return row === undefined ? text : title === "size" ? `<${text}>` : text;
  });
  expect(painted).toEqual(["name          size", "a long name  <    7>", "b            <12345>"]);
});
