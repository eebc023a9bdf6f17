/** A model card: what a trained network is, in Markdown as Hugging Face lays it out. */

import { stringify } from "yaml";
import { bootstrap, type Spread } from "../evaluate/bootstrap/bootstrap.ts";
import type { FigureName } from "../evaluate/bootstrap/figureTable.ts";
import type { Interval } from "../evaluate/bootstrap/percentileInterval.ts";
import type { EvaluationRecord } from "../evaluate/record/evaluationRecord.ts";
import { inPercent } from "../inPercent.ts";
import { countMistakes } from "./mistakes.ts";
import { usageSection } from "./modelCardUsage.ts";
import type { Settings } from "./reportData.ts";
import { intervalText } from "./spreads.ts";

export interface ModelCard {
  /** Of the run. */
  readonly name: string;
  /** Of the network, without a path. */
  readonly model: string;
  readonly classes: readonly string[];
  /** Side of the input, pixels. */
  readonly inputSize: number;
  readonly preprocessing: {
    readonly channels: "rgb" | "bgr";
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  };
  /** Of a classifier: how its attention was guided, and whose maps are its attention. */
  readonly attention?: {
    readonly guidance: "none" | "self" | "extra";
    readonly masks: number | "all";
    readonly layer: string;
  };
  /** Name of the data set, without its path, and the digest of its training pictures. */
  readonly data: string;
  readonly dataDigest: string;
  readonly steps: number;
  readonly settings: Settings;
  /** Versions by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly created: string;
  /** The last evaluation; undefined of a run that was never measured. */
  readonly record: EvaluationRecord | undefined;
}

/** The card. It claims nothing but what the run's configuration, metrics and evaluation hold. */
export function modelCard(card: ModelCard): string {
  const { record } = card;
  const spread = record && bootstrap([record])[0];
  const sections = [
    `# ${plain(card.name)}`,
    whatItIs(card),
    "## How it was trained",
    training(card),
    "## Figures",
    record && spread ? figures(record, spread) : "It was not measured.",
    ...(card.attention ? ["## Where it looks", whereItLooks(card, spread)] : []),
    "## Known limits",
    limits(card),
    "## How to use it",
    usageSection(card),
    "## Licence",
    "**To be filled in by whoever publishes this model**, here and as `license` in the lines at the top. It depends on the licences of the training pictures and of the starting weights, which are not known here.",
    "## Versions",
    list(Object.entries(card.versions).map(([name, version]) => `${name} ${version}`)),
  ];
  return `${frontMatter(card, spread)}\n${sections.join("\n\n")}\n`;
}

/** What the Hub reads. The licence is a comment: no one but the publisher can fill it in. */
function frontMatter(card: ModelCard, spread: Spread | undefined): string {
  const { record, attention, data } = card;
  const measured = record && spread ? headlines(record) : [];
  const metadata = {
    tags: [
      "onnx",
      ...(attention
        ? ["image-classification", "grad-cam"]
        : ["image-segmentation", "weakly-supervised"]),
      ...(attention && attention.guidance !== "none" ? ["gain"] : []),
      "guided-attention",
    ],
    pipeline_tag: attention ? "image-classification" : "image-segmentation",
    ...(measured.some(({ type }) => type === "mean_iou") && { metrics: ["mean_iou"] }),
    ...(record &&
      measured.length > 0 && {
        "model-index": [
          {
            name: card.name,
            results: [
              {
                task: { type: attention ? "image-classification" : "image-segmentation" },
                dataset: { type: data, name: data, split: record.split },
                metrics: measured.map(({ type, label, value }) => ({
                  type,
                  name: label,
                  value: Number(value.toFixed(4)),
                })),
              },
            ],
          },
        ],
      }),
  };
  return `---\n# license: to be filled in, see https://huggingface.co/docs/hub/repositories-licenses\n${stringify(metadata)}---\n`;
}

interface Headline {
  readonly figure: FigureName;
  /** Identifier for the Hub. */
  readonly type: string;
  readonly label: string;
  readonly value: number;
}

function headlines({
  figures: { classification, attention, segmentation },
}: EvaluationRecord): Headline[] {
  const all: readonly (Omit<Headline, "value"> & { readonly value: number | undefined })[] = [
    { figure: "mAP", type: "mean_average_precision", label: "mAP", value: classification?.mAP },
    { figure: "attentionMiou", type: "mean_iou", label: "Attention mIoU", value: attention?.mIoU },
    {
      figure: "energy",
      type: "attention_energy",
      label: "Attention energy",
      value: attention?.energy,
    },
    {
      figure: "segmentationMiou",
      type: "mean_iou",
      label: "Segmentation mIoU",
      value: segmentation?.mIoU,
    },
  ];
  return all.flatMap((one) => (one.value === undefined ? [] : [{ ...one, value: one.value }]));
}

function whatItIs({ model, classes, inputSize, attention }: ModelCard): string {
  const names = classes.map(plain).join(", ");
  if (!attention) {
    return `A segmentation network (${plain(model)}, input ${inputSize} x ${inputSize} pixels) that gives each pixel of a picture one of ${classes.length + 1} labels: background, ${names}. It was trained on tags, through localization cues, with the losses of SEC (Kolesnikov and Lampert, ECCV 2016).`;
  }
  const { guidance, masks, layer } = attention;
  const guided = {
    none: "Its attention was not guided.",
    self: "Its attention was guided by itself, as in GAIN (Li et al., CVPR 2018): what it covers is hidden, and the network is asked to find nothing left.",
    extra: `Its attention was guided by itself and by the masks or boxes of ${masks === "all" ? "all" : masks} training pictures, as in GAIN (Li et al., CVPR 2018).`,
  };
  return `An image classifier (${plain(model)}, input ${inputSize} x ${inputSize} pixels) that finds any number of ${classes.length} classes in a picture: ${names}. Beside a score it gives a map of where each class was seen: Grad-CAM at the layer \`${layer}\`. ${guided[guidance]}`;
}

function training({
  data,
  dataDigest,
  steps,
  settings,
  created,
  record,
  classes,
}: ModelCard): string {
  const counted = record && [
    table(
      ["class", "pictures for training", `pictures of ${record.split}`],
      classes.map((name, c) => [
        plain(name),
        String(record.training.perClass[name] ?? "–"),
        String(record.pictures.filter(({ tags }) => tags.includes(c)).length),
      ]),
    ),
    `${record.training.pictures} pictures for training, ${supervision(record)}, as the data set was when the model was measured.`,
  ];
  return [
    `On the data set “${plain(data)}”, ${steps} steps, begun on ${created.slice(0, 10)}. Digest of the training pictures’ names and tags: \`${dataDigest}\`.`,
    ...(counted ?? []),
    table(
      ["option", "value"],
      Object.entries(settings).map(([name, value]) => [`\`${name}\``, plain(String(value))]),
    ),
  ].join("\n\n");
}

/** "7 of them with a mask and 20 with boxes". */
function supervision({ training: { withMask, withBoxes } }: EvaluationRecord): string {
  if (withBoxes === 0) return `${withMask} of them with a mask`;
  if (withMask === 0) return `${withBoxes} of them with boxes`;
  return `${withMask} of them with a mask and ${withBoxes} with boxes`;
}

function figures(record: EvaluationRecord, { intervals }: Spread): string {
  const { split, images, classification, attention, segmentation } = record.figures;
  const perClass = (["background", ...record.classes] as const).map((name) => [
    plain(name),
    cell(classification?.AP[name], intervals.AP[name]),
    cell(attention?.IoU[name], intervals.attentionIou[name]),
    cell(segmentation?.IoU[name], intervals.segmentationIou[name]),
  ]);
  const isShown = [
    true,
    classification !== undefined,
    attention !== undefined,
    segmentation !== undefined,
  ];
  const shown = (row: readonly string[]): string[] => row.filter((_, i) => isShown[i]);
  const rows = segmentation || attention ? perClass : perClass.slice(1);
  return [
    `On the ${images} pictures of the split “${plain(split)}”, which the model was not trained on, after step ${record.step}. In percent, with 95 % intervals.`,
    table(
      ["measure", "value"],
      headlines(record).map(({ figure, label, value }) => [
        label,
        cell(value, intervals.overall[figure]),
      ]),
    ),
    table(
      shown(["class", "average precision", "attention IoU", "segmentation IoU"]),
      rows.map(shown),
    ),
    "Intervals are from 1,000 resamples of these pictures (percentile bootstrap): they say how far a figure would move with other pictures of the kind, not with another training.",
  ].join("\n\n");
}

function whereItLooks({ record }: ModelCard, spread: Spread | undefined): string {
  const attention = record?.figures.attention;
  if (!record || !spread || !attention) {
    return "This was not measured: no picture of the split has a mask to compare the attention with.";
  }
  const { energy } = spread.intervals.overall;
  const covered = Object.entries(attention.IoU).flatMap(([name, share]) =>
    name === "background" || share === null ? [] : [{ name, share }],
  );
  covered.sort((a, b) => b.share - a.share);
  const [best, worst] = [covered.at(0), covered.at(-1)];
  const extremes =
    best && worst && best !== worst
      ? ` It covers ${plain(best.name)} best (${inPercent(best.share)}) and ${plain(worst.name)} worst (${inPercent(worst.share)}).`
      : "";
  return `Of the attention for a picture’s own tags, ${cell(attention.energy, energy)} percent falls on objects. Above a threshold of ${attention.threshold.toFixed(2)} of a map’s maximum, its overlap with the objects is best: the mean intersection over union is ${inPercent(attention.mIoU)} percent.${extremes}`;
}

function limits({ record, inputSize, attention, classes }: ModelCard): string {
  const general = [
    `Pictures are stretched to ${inputSize} x ${inputSize} pixels: small objects of large pictures may be lost.`,
    `It knows ${classes.length} classes and answers in them, whatever it is shown.`,
    ...(attention
      ? [
          "Where a class is not in the picture, its map still shows something: it means nothing without the score.",
        ]
      : []),
  ];
  if (!record) return list(general);
  const { AP = {} } = record.figures.classification ?? {};
  const unmeasured = record.classes.filter(
    (_, c) => !record.pictures.some(({ tags }) => tags.includes(c)),
  );
  const known = Object.entries(AP).flatMap(([name, value]) =>
    value === null ? [] : [{ name, value }],
  );
  known.sort((a, b) => a.value - b.value);
  const [weakest] = known;
  return list([
    ...general,
    ...(unmeasured.length > 0
      ? [`Not measured, as no picture of the split has them: ${unmeasured.map(plain).join(", ")}.`]
      : []),
    ...(weakest && known.length > 1
      ? [
          `Weakest in finding ${plain(weakest.name)}: average precision ${inPercent(weakest.value)} percent.`,
        ]
      : []),
    ...mistakesOf(record),
  ]);
}

/** The tags that are most often missed with another one found in their place. */
function mistakesOf(record: EvaluationRecord): string[] {
  const taken = countMistakes(record).flatMap(({ name, foundInstead, pictures }) =>
    foundInstead.map((count, c) => ({ name, other: record.classes[c], count, pictures })),
  );
  const most = taken.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  return most
    .slice(0, 3)
    .map(
      ({ name, other, count, pictures }) =>
        `Found ${plain(other)} in place of ${plain(name)} in ${count} of the ${pictures} pictures of ${plain(name)}.`,
    );
}

function cell(share: number | null | undefined, interval: Interval | undefined): string {
  if (share == null) return "–";
  return interval ? `${inPercent(share)} (${intervalText(interval)})` : inPercent(share);
}

/** Text that Markdown takes as it is, also within a table. */
const plain = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>|#]/g, "\\$&").replaceAll("\n", " ");

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)].join("\n");
}
