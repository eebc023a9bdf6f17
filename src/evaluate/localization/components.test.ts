import { expect, test } from "vitest";
import { boxIou, Components, componentBoxes } from "./components.ts";

test("pixels that touch at a corner are one part", () => {
  const region = Uint8Array.from([1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 0, 1]);
  expect(componentBoxes(region, 4)).toEqual([
    { left: 0, top: 0, right: 2, bottom: 2 },
    { left: 3, top: 2, right: 4, bottom: 3 },
  ]);
});

test("rows do not touch around the picture's edge, and void pixels are no part", () => {
  const region = Uint8Array.from([0, 0, 1, /**/ 255, 0, 0, /**/ 1, 0, 0]);
  expect(componentBoxes(region, 3)).toEqual([
    { left: 2, top: 0, right: 3, bottom: 1 },
    { left: 0, top: 2, right: 1, bottom: 3 },
  ]);
});

test("a pixel that comes between two parts makes them one", () => {
  const components = new Components(3, 1);
  components.add(0);
  components.add(2);
  expect(components.roots()).toEqual([0, 2]);
  components.add(1);
  const [root, ...others] = components.roots();
  expect(others).toEqual([]);
  expect(components.size(root)).toBe(3);
  expect(components.box(root)).toEqual({ left: 0, top: 0, right: 3, bottom: 1 });
});

test("overlap is of areas", () => {
  const box = { left: 0, top: 0, right: 2, bottom: 2 };
  expect(boxIou(box, box)).toBe(1);
  expect(boxIou(box, { left: 1, top: 1, right: 3, bottom: 3 })).toBeCloseTo(1 / 7, 12);
  expect(boxIou(box, { left: 2, top: 0, right: 3, bottom: 2 })).toBe(0);
  expect(boxIou(box, { left: 5, top: 5, right: 5, bottom: 5 })).toBe(0);
});
