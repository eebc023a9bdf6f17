import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { EvaluationRecord } from "../evaluate/record/evaluationRecord.ts";
import { type ModelCard, modelCard } from "./modelCard.ts";

const version = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
).version;

const record: EvaluationRecord = {
  ...{ version, step: 300, split: "val", classes: ["cat", "hot|dog"] },
  training: { pictures: 50, withMask: 7, withBoxes: 0, perClass: { cat: 30, "hot|dog": 25 } },
  figures: {
    ...{ split: "val", images: 40, classes: ["cat", "hot|dog"] },
    classification: { mAP: 0.75, AP: { cat: 1, "hot|dog": 0.5 } },
    attention: {
      ...{ mIoU: 0.5, threshold: 0.3, mIoUAtFixed: { threshold: 0.2, mIoU: 0.4 }, energy: 0.6 },
      IoU: { background: 0.9, cat: 0.4, "hot|dog": 0.2 },
    },
  },
  // In every tenth picture a cat is found in place of the dog.
  pictures: Array.from({ length: 40 }, (_, n) => ({
    id: `p${n}`,
    tags: [n % 2],
    logits: n % 10 === 1 ? [4, -5] : n % 2 === 0 ? [3, -3] : [-3, 3],
    attention: { energy: 0.6, pixels: [[1, 1, ...new Array(41).fill(1)]] },
  })),
};

const card: ModelCard = {
  ...{ name: "first_run", model: "squeezenet1_1", classes: record.classes, inputSize: 224 },
  preprocessing: { channels: "bgr", mean: [104, 117, 123], deviation: [1, 1, 1] },
  attention: { guidance: "extra", masks: 7, layer: "fire9" },
  ...{ data: "photos", dataDigest: "abc123", steps: 300, created: "2026-01-02T03:04:05.678Z" },
  settings: { seed: 3, weights: "squeezenet.h5" },
  versions: { "guided-attention": version, node: "20.0.0" },
  record,
};

/** What stands between the lines of dashes, and the rest. */
function parts(text: string): [Record<string, unknown>, string] {
  const [, yaml, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  return [parse(yaml), body];
}

test("the lines at the top are the Hub's, with the figures and without a licence of ours", () => {
  const [metadata] = parts(modelCard(card));
  expect(metadata).toEqual({
    tags: ["onnx", "image-classification", "grad-cam", "gain", "guided-attention"],
    pipeline_tag: "image-classification",
    metrics: ["mean_iou"],
    "model-index": [
      {
        name: "first_run",
        results: [
          {
            task: { type: "image-classification" },
            dataset: { type: "photos", name: "photos", split: "val" },
            metrics: [
              { type: "mean_average_precision", name: "mAP", value: 0.75 },
              { type: "mean_iou", name: "Attention mIoU", value: 0.5 },
              { type: "attention_energy", name: "Attention energy", value: 0.6 },
            ],
          },
        ],
      },
    ],
  });
});

test("the text says what the run holds: counts, options, figures with intervals, mistakes", () => {
  const [, body] = parts(modelCard(card));
  for (const line of [
    "# first\\_run",
    "Its attention was guided by itself and by the masks or boxes of 7 training pictures, as in GAIN (Li et al., CVPR 2018).",
    "| hot\\|dog | 25 | 20 |",
    "| `seed` | 3 |",
    "| Attention energy | 60.0 (60.0 to 60.0) |",
    "It covers cat best (40.0) and hot\\|dog worst (20.0).",
    "- Found cat in place of hot\\|dog in 4 of the 20 pictures of hot\\|dog.",
    "- node 20.0.0",
  ]) {
    expect(body).toContain(line);
  }
  expect(body).toMatch(/\| mAP \| 75\.0 \(\d+\.\d to \d+\.\d\) \|/);
  expect(body.match(/^## .*$/gm)).toEqual([
    "## How it was trained",
    "## Figures",
    "## Where it looks",
    "## Known limits",
    "## How to use it",
    "## Licence",
    "## Versions",
  ]);
});

test("the snippet prepares pixels as the network wants them", () => {
  const [, body] = parts(modelCard(card));
  expect(body).toContain('classes = ["cat", "hot|dog"]\n');
  expect(body).toContain("pixels = np.asarray(picture, np.float32)[:, :, ::-1]\n");
  expect(body).toContain(
    "pixels = (pixels - np.float32([104, 117, 123])) / np.float32([1, 1, 1])\n",
  );
  const rgb = modelCard({ ...card, preprocessing: { ...card.preprocessing, channels: "rgb" } });
  expect(rgb).toContain("pixels = np.asarray(picture, np.float32)\n");
});

test("what was not measured is said to be so", () => {
  const { attention: _, ...figures } = record.figures;
  const [, unmasked] = parts(modelCard({ ...card, record: { ...record, figures } }));
  expect(unmasked).toContain(
    "This was not measured: no picture of the split has a mask to compare the attention with.",
  );
  const [metadata, never] = parts(modelCard({ ...card, record: undefined }));
  expect(never).toContain("## Figures\n\nIt was not measured.");
  expect(metadata["model-index"]).toBeUndefined();
});

test("pictures with boxes are counted beside those with masks", () => {
  const counted = (withMask: number, withBoxes: number): string =>
    modelCard({
      ...card,
      record: { ...record, training: { ...record.training, withMask, withBoxes } },
    });
  expect(counted(7, 20)).toContain("training, 7 of them with a mask and 20 with boxes, as");
  expect(counted(0, 20)).toContain("training, 20 of them with boxes, as");
  expect(counted(7, 0)).toContain("training, 7 of them with a mask, as");
});

test("a segmentation network has masks, and no attention", () => {
  const { attention: _, ...rest } = card;
  const segmentation = {
    ...{ mIoU: 0.4, IoU: { background: 0.8, cat: 0, "hot|dog": 0.4 }, pixelAccuracy: 0.8 },
    ...{ labels: ["background", "cat", "hot|dog"], confusion: [], voidImages: [] },
  };
  const confused = record.pictures.map(({ id, tags }): EvaluationRecord["pictures"][number] => ({
    ...{ id, tags, confusion: [[0, 0, 5]] },
  }));
  const { classes, split } = record;
  const figures = { split, images: 40, classes, segmentation };
  const text = modelCard({ ...rest, record: { ...record, figures, pictures: confused } });
  const [metadata, body] = parts(text);
  expect(metadata.pipeline_tag).toBe("image-segmentation");
  expect(body).toContain('(masks,) = session.run(["masks"], {"images": images})');
  expect(body).toContain('classes = ["background", "cat", "hot|dog"]\n');
  expect(body).toContain("| hot\\|dog | 40.0 |");
  expect(body).not.toContain("## Where it looks");
});
