import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { VertexTable } from "./vertexTable.ts";

test("every key gets one number, in the order of coming, however often the table grows", () => {
  const random = new Random(1);
  const table = new VertexTable(3);
  const numbers = new Map<string, number>();
  const [given, expected, before]: number[][] = [[], [], []];
  for (let n = 0; n < 20_000; n++) {
    const key = Int16Array.from({ length: 3 }, () => random.int(40) - 20);
    const name = key.join();
    if (!numbers.has(name)) {
      before.push(table.find(key));
      numbers.set(name, numbers.size + 1);
    }
    given.push(table.findOrAdd(key));
    expected.push(numbers.get(name) ?? 0);
  }
  expect(given).toEqual(expected);
  expect(before.every((vertex) => vertex === 0)).toBe(true);
  expect(table.size).toBe(numbers.size);
  const coordinates = [...numbers.values()].map((vertex) =>
    [0, 1, 2].map((axis) => table.coordinate(vertex, axis)).join(),
  );
  expect(coordinates).toEqual([...numbers.keys()]);
});
