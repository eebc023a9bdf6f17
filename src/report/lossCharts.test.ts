import { expect, test } from "vitest";
import { alignLosses } from "./lossCharts.ts";

const metrics = {
  split: "val",
  images: 1,
  classes: ["cat"],
  classification: { mAP: 1, AP: { cat: 1 } },
};

test("losses of all runs lie over the union of their steps, with gaps where a run has none", () => {
  const charts = alignLosses([
    { name: "none", metrics, history: [{ step: 2, losses: { loss: 3 } }] },
    {
      name: "self",
      metrics,
      history: [
        { step: 1, losses: { loss: 4, mining: 1 } },
        { step: 2, losses: { loss: Number.NaN, mining: 0.5 } },
      ],
    },
  ]);
  expect(charts.map(({ loss, steps, raw }) => ({ loss, steps, raw }))).toEqual([
    {
      loss: "loss",
      steps: [1, 2],
      raw: [
        [null, 3],
        [4, null],
      ],
    },
    {
      loss: "mining",
      steps: [1, 2],
      raw: [
        [null, null],
        [1, 0.5],
      ],
    },
  ]);
});

test("the running average of a constant is the constant, from the first value on", () => {
  const history = Array.from({ length: 100 }, (_, step) => ({ step, losses: { loss: 2 } }));
  const [{ smooth }] = alignLosses([{ name: "none", metrics, history }]);
  expect(smooth[0].every((value) => value === 2)).toBe(true);
});
