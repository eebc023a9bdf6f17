import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { add, gate, input } from "./index.ts";

test("the result has the broadcast shape", () => {
  expect(add(input("a", [2, 1, 3]), input("b", [4, 1])).shape).toEqual([2, 4, 3]);
  expect(add(2, input("b", [4, 1])).shape).toEqual([4, 1]);
});

test.for([
  ["add", add],
  ["gate", gate],
] as const)("%s names itself and both shapes that do not broadcast", ([name, op]) => {
  expect(() => op(input("a", [2, 3]), input("b", [2]))).toThrow(
    new ShapeError(
      `${name}: shapes must be equal or 1 along every axis, counted from the last; got [2, 3] and [2]. Reshape one of them, or broadcast it first.`,
    ),
  );
});
