import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { gallery } from "./gallery.ts";
import type { ReportData } from "./reportData.ts";

const metrics = { split: "val", images: 1, classes: ["cat"] };

/** Noise, which no format makes small. */
function noisyReport(count: number): ReportData {
  const random = new Random(1);
  const pixels = Uint8Array.from({ length: 320 * 240 * 3 }, () => random.int(256));
  const examples = Array.from({ length: count }, (_, n) => ({
    ...{ id: `p${n}`, tags: ["cat"], maps: [] },
    picture: { width: 320, height: 240, pixels },
  }));
  return { title: "", settings: {}, runs: [{ name: "none", metrics, history: [] }], examples };
}

test("many pictures are made smaller, so that the file stays one that can be sent", async () => {
  const [few, many] = [await gallery(noisyReport(3)), await gallery(noisyReport(90))];
  const bytes = (markup: string, count: number): number => markup.length / count;
  expect(bytes(many.markup, 90)).toBeLessThan(bytes(few.markup, 3));
  expect(many.markup.length).toBeLessThan(4.5e6);
  expect(many.markup.match(/<img /g)).toHaveLength(90);
});

test("a single picture has no controls", async () => {
  expect((await gallery(noisyReport(1))).markup).not.toContain("<form");
  expect((await gallery(noisyReport(2))).markup).toContain("<form");
});
