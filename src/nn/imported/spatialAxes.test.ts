import { describe, expect, test } from "vitest";
import {
  add,
  concat,
  constant,
  conv,
  input,
  matmul,
  mean,
  type Node,
  relu,
  reshape,
  resizeBilinear,
  slice,
  softmax,
  transpose,
} from "../../graph/index.ts";
import { sizeOf } from "../../shape.ts";
import { axisRoles, readAxes } from "./spatialAxes.ts";

const pictures = input("images", [2, 3, 8, 12]);
const filter = input("filter", [5, 3, 4, 4]);
const weights = (name: string, ...shape: number[]): Node => input(name, shape);

/** [2, 5, 2, 3]. */
const features = relu(conv(pictures, filter, { stride: 4 }));

const rolesOf = (node: Node): unknown[] =>
  (axisRoles(pictures, [node]).get(node) ?? []).map((role) =>
    role?.kind === "tokens" ? { ...role } : role?.kind,
  );

describe("axisRoles", () => {
  test("follows rows and columns through convolutions, layouts and resizing", () => {
    expect(rolesOf(features)).toEqual(["batch", undefined, "row", "column"]);
    const last = transpose(features, [0, 2, 3, 1]);
    expect(rolesOf(last)).toEqual(["batch", "row", "column", undefined]);
    const mixed = matmul(last, weights("mix", 5, 7));
    expect(rolesOf(mixed)).toEqual(["batch", "row", "column", undefined]);
    expect(rolesOf(resizeBilinear(features, [5, 5]))).toEqual([
      "batch",
      undefined,
      "row",
      "column",
    ]);
    expect(rolesOf(mean(features, [2, 3], { keepDims: true }))).toEqual([
      "batch",
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("knows the grid of tokens behind a class token, and finds rows and columns again", () => {
    const grid = { kind: "tokens", rows: 2, columns: 3 };
    const patches = transpose(reshape(features, [2, 5, 6]), [0, 2, 1]);
    expect(rolesOf(patches)).toEqual(["batch", { ...grid, offset: 0 }, undefined]);
    const withClass = concat([weights("classToken", 2, 1, 5), patches], 1);
    const encoded = add(withClass, weights("positions", 1, 7, 5));
    expect(rolesOf(encoded)).toEqual(["batch", { ...grid, offset: 1 }, undefined]);
    const again = slice(encoded, [0, 1, 0], [2, 6, 5]);
    expect(rolesOf(reshape(again, [2, 2, 3, 5]))).toEqual(["batch", "row", "column", undefined]);
    expect(rolesOf(slice(encoded, [0, 0, 0], [2, 1, 5]))).toEqual(["batch", undefined, undefined]);
  });
});

/** Attention with one head over [2, T, 5]. */
function attention(x: Node, name: string): Node {
  const project = (part: string): Node => matmul(x, weights(`${name} ${part}`, 5, 5));
  const keys = transpose(project("key"), [0, 2, 1]);
  return add(x, matmul(softmax(matmul(project("query"), keys), -1), project("value")));
}

describe("readAxes", () => {
  const patches = transpose(reshape(features, [2, 5, 6]), [0, 2, 1]);
  const tokens = concat([weights("classToken", 2, 1, 5), patches], 1);
  const block = attention(tokens, "last");
  const classToken = reshape(slice(block, [0, 0, 0], [2, 1, 5]), [2, 5]);

  test("a class token reads all tokens that enter the last attention, and none that leave it", () => {
    const read = readAxes(matmul(classToken, weights("head", 5, 4)));
    expect(read.get(tokens)?.[1]).toBe(true);
    expect(read.get(block)?.[1]).toBe(false);
  });

  test("a mean over the patches reads those that leave the last block", () => {
    const rest = slice(block, [0, 1, 0], [2, 6, 5]);
    const read = readAxes(mean(rest, 1));
    expect(read.get(block)?.[1]).toBe(true);
  });

  test("pooling reads rows and columns", () => {
    const read = readAxes(mean(features, [2, 3]));
    expect(read.get(features)).toEqual([true, true, true, true]);
  });

  test("a resampled axis is read as its result is", () => {
    const matrix = constant(new Float64Array(sizeOf([4, 2])).fill(0.5), [4, 2]);
    const stretched = matmul(matrix, features);
    const read = readAxes(slice(stretched, [0, 0, 0, 0], [2, 5, 1, 3]));
    expect(read.get(features)?.[2]).toBe(false);
  });
});
