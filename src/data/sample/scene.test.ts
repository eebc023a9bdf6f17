import { beforeAll, expect, test } from "vitest";
import { Random } from "../../random.ts";
import { cameraPoses, distractors, sampleClasses } from "./catalog.ts";
import { drawGlyphs, type GlyphCache } from "./glyphs.ts";
import { readIcons } from "./iconSets.ts";
import { type SampleKind, sampleKinds } from "./kinds.ts";
import { composeScene, type Scene } from "./scene.ts";

let glyphs: GlyphCache;
/** 300 scenes for training. */
let ordinary: readonly Scene[];

beforeAll(async () => {
  const all = [...sampleClasses, ...cameraPoses].flatMap((kind) => [
    ...kind.icons,
    ...kind.companions,
  ]);
  glyphs = await drawGlyphs(await readIcons([...all, ...distractors]), 90);
  ordinary = scenes(300);
});

/** Pictures of a split, the first one by default. */
function scenes(count: number, kind: SampleKind = "scenes", splitName = "train"): Scene[] {
  const random = new Random(3);
  const plan = sampleKinds[kind];
  const split = plan.splits.find(({ name }) => name === splitName) ?? plan.splits[0];
  return Array.from({ length: count }, (_, i) =>
    composeScene(112, plan, split, glyphs, random.fork(i)),
  );
}

test("the mask holds the tagged classes, background, void and nothing else", () => {
  for (const { mask, tags } of ordinary.slice(0, 200)) {
    expect(tags.length).toBeGreaterThanOrEqual(1);
    const expected = new Set([0, 255, ...tags.map((tag) => tag + 1)]);
    expect(new Set(mask)).toEqual(expected);
  }
});

test("no two classes, and no class and the background, touch without void between them", () => {
  const areSeparate = (a: number, b: number) => a === b || a === 255 || b === 255;
  for (const { mask } of ordinary.slice(0, 50)) {
    let touching = 0;
    for (let i = 0; i < mask.length; i++) {
      if (i % 112 < 111 && !areSeparate(mask[i], mask[i + 1])) touching++;
      if (i + 112 < mask.length && !areSeparate(mask[i], mask[i + 112])) touching++;
    }
    expect(touching).toBe(0);
  }
});

test("every class is shown about equally often", () => {
  const counts = sampleClasses.map(() => 0);
  for (const { tags } of ordinary) for (const tag of tags) counts[tag]++;
  for (const count of counts) {
    expect(count).toBeGreaterThan(60);
    expect(count).toBeLessThan(140);
  }
});

test("boats have the test's tags, whatever else is drawn", () => {
  const boat = sampleClasses.findIndex(({ name }) => name === "boat");
  for (const { tags } of scenes(60, "boats", "boat-off-water")) expect(tags).toEqual([boat]);
  for (const { tags } of scenes(60, "boats", "water-without-boat")) {
    expect(tags).not.toContain(boat);
    expect(tags).toHaveLength(1);
  }
});

test("an object that is alone fills half of the picture's side or more", () => {
  for (const { boxes } of scenes(60, "objects")) {
    const [{ left, top, right, bottom }] = boxes;
    expect(Math.max(right - left, bottom - top)).toBeGreaterThan(0.4 * 112);
  }
});

test("a camera is alone, and lies as its tag says: wider upright, higher on its side", () => {
  const extents = (mask: Uint8Array): [number, number] => {
    const points = [...mask].flatMap((label, i) => (label > 0 && label < 255 ? [i] : []));
    const span = (values: number[]): number => Math.max(...values) - Math.min(...values);
    return [span(points.map((i) => i % 112)), span(points.map((i) => Math.floor(i / 112)))];
  };
  for (const { mask, tags } of scenes(40, "camera")) {
    expect(tags).toHaveLength(1);
    const [width, height] = extents(mask);
    if (tags[0] === 0) expect(width).toBeGreaterThan(height);
    else expect(height).toBeGreaterThan(width);
  }
});

test("a box holds all of an object and ends at its outline", () => {
  for (const { mask, boxes, tags } of scenes(40, "camera")) {
    expect(boxes.map(({ classIndex }) => classIndex)).toEqual(tags);
    const [{ left, top, right, bottom }] = boxes;
    const labels = (columns: readonly [number, number], rows: readonly [number, number]) =>
      [...mask].filter((_, i) => {
        const [x, y] = [i % 112, Math.floor(i / 112)];
        return x >= columns[0] && x < columns[1] && y >= rows[0] && y < rows[1];
      });
    const isObject = (label: number): boolean => label === tags[0] + 1;
    const inside = labels([left, right], [top, bottom]).filter(isObject);
    expect(inside).toHaveLength([...mask].filter(isObject).length);
    // The outline is void in the mask, and so is its fringe, a pixel or two.
    for (const side of [
      labels([left, left + 1], [top, bottom]),
      labels([right - 1, right], [top, bottom]),
      labels([left, right], [top, top + 1]),
      labels([left, right], [bottom - 1, bottom]),
    ]) {
      expect(side).toContain(255);
    }
    const around = labels([left - 2, right + 2], [top - 2, bottom + 2]).filter((l) => l === 255);
    expect(around).toHaveLength([...mask].filter((label) => label === 255).length);
  }
});

test("every tag has a box, and every box a tag, also where objects hide each other", () => {
  for (const { boxes, tags } of scenes(200)) {
    expect([...new Set(boxes.map(({ classIndex }) => classIndex))].sort()).toEqual(tags);
  }
});
