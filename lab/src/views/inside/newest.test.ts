import { expect, test } from "vitest";
import { Newest } from "./newest.ts";

test("one task at a time; of those that arrive meanwhile only the newest runs", async () => {
  const newest = new Newest();
  const done: string[] = [];
  let finish: () => void = () => {};
  const first = newest.run(async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    done.push("first");
  });
  void newest.run(async () => void done.push("second"));
  void newest.run(async () => void done.push("third"));
  expect(done).toEqual([]);
  finish();
  await first;
  expect(done).toEqual(["first", "third"]);
  await newest.run(async () => void done.push("fourth"));
  expect(done).toEqual(["first", "third", "fourth"]);
});
