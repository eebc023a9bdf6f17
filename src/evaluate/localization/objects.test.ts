import { expect, test } from "vitest";
import { objectsOf } from "./objects.ts";

const original = { width: 8, height: 16 };
/** Class 0 in the left column, class 1 at the lower right, void beside it. */
const mask = Uint8Array.from([1, 0, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 1, 0, 255, 2]);

test("a mask shows a class's pixels, and a box around each part of them", () => {
  expect(objectsOf(0, { mask, size: 4, original })).toEqual({
    region: Uint8Array.from([1, 0, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 1, 0, 255, 0]),
    boxes: [
      { left: 0, top: 0, right: 1, bottom: 2 },
      { left: 0, top: 3, right: 1, bottom: 4 },
    ],
    original,
  });
});

test("boxes are scaled to the network's input; alone they are the objects' areas", () => {
  const box = { classIndex: 1, left: 2, top: 4, right: 8, bottom: 8 };
  const objects = objectsOf(1, { boxes: [box], size: 4, original });
  expect(objects?.boxes).toEqual([{ left: 1, top: 1, right: 4, bottom: 2 }]);
  expect([...(objects?.region ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("of a picture with both, regions are the mask's and boxes its own", () => {
  const box = { classIndex: 0, left: 0, top: 0, right: 1, bottom: 0.5, unit: "share" as const };
  const objects = objectsOf(0, { mask, boxes: [box], size: 4, original });
  expect(objects?.boxes).toMatchObject([{ left: 0, top: 0, right: 4, bottom: 2 }]);
  expect(objects?.region[1]).toBe(0);
});

test("a box smaller than a pixel is one pixel, and one beyond the edge lies at it", () => {
  const boxes = [
    { classIndex: 0, left: 3, top: 5, right: 3.1, bottom: 5.1 },
    { classIndex: 0, left: 7.9, top: 15.9, right: 12, bottom: 20 },
  ];
  const region = objectsOf(0, { boxes, size: 4, original })?.region;
  expect([...(region ?? [])].flatMap((value, i) => (value === 1 ? [i] : []))).toEqual([5, 15]);
});

test("a class that nothing shows has no objects", () => {
  expect(objectsOf(2, { mask, size: 4, original })).toBeUndefined();
  expect(objectsOf(0, { size: 4, original })).toBeUndefined();
});
