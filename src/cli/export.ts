/** `gain export`: a run's model as one ONNX file. */
import type { Command } from "commander";
import { type ExportedRun, exportRun } from "../segment/index.ts";
import { wholeNumber } from "./flags.ts";

interface ExportFlags {
  readonly out: string;
  readonly batchSize: number;
  readonly preprocess?: boolean;
  readonly bytes?: boolean;
  readonly json?: boolean;
}

export function addExport(program: Command): void {
  program
    .command("export")
    .description("write a run's model as one ONNX file: logits and attention, or scores and masks")
    .argument(
      "<run>",
      "RUN folder of gain train or gain sec; an unfinished one has a checkpoint, too",
    )
    .requiredOption("--out <file.onnx>", "file to write; its folder is made")
    .option("--batch-size <n>", "pictures of a run of the file, which is fixed", wholeNumber, 1)
    .option(
      "--preprocess",
      "preprocess inside: images are then RGB values of 0 to 255, float32 [N, 3, S, S]",
    )
    .option(
      "--bytes",
      "preprocess inside, and take images as decoders give them: RGB, uint8 [N, S, S, 3]",
    )
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nThe file runs in any ONNX Runtime (Node, Python, browsers) and needs nothing of this package. Pictures\nare stretched to the network's size S x S. Of a run of gain train the outputs are logits [N, C] and\nattention [N, C, h, w], every map divided by its maximum; of one of gain sec scores [N, 1 + C, h, w],\nbackground first, and masks [N, S, S]: 0 background, i + 1 class i. Classes, preprocessing, layer,\nguidance and versions are in the file's metadata.",
    )
    .action(exportModelOf);
}

async function exportModelOf(run: string, flags: ExportFlags): Promise<void> {
  const { out, batchSize, preprocess, bytes, json } = flags;
  const images = bytes ? "bytes" : preprocess ? "planes" : "preprocessed";
  const exported = await exportRun({ run, out, batchSize, images });
  process.stdout.write(json ? `${JSON.stringify(exported)}\n` : described(exported));
}

type Value = ExportedRun["inputs"][number];

/** A line on the file, and one on each of its inputs and outputs. */
function described({ file, bytes, model, step, totalSteps, ...rest }: ExportedRun): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const values = [...rest.inputs, ...rest.outputs];
  const kinds = values.map(({ type, shape }) => `${type} [${shape.join(", ")}]`);
  const width = (texts: readonly string[]): number =>
    Math.max(...texts.map(({ length }) => length));
  const [nameWidth, kindWidth] = [width(values.map(({ name }) => name)), width(kinds)];
  const rows = values.map(
    (value, i) =>
      `  ${value.name.padEnd(nameWidth)}  ${kinds[i].padEnd(kindWidth)}  ${meaningOf(value, rest)}\n`,
  );
  return `${file}: ${size}, ${model} after step ${step} of ${totalSteps}\n${rows.join("")}`;
}

function meaningOf(
  { name, type }: Value,
  { classes, metadata }: Pick<ExportedRun, "classes" | "metadata">,
): string {
  switch (name) {
    case "images":
      return `${type === "uint8" ? "RGB bytes" : valuesOf(metadata.preprocessing)}; pictures are stretched`;
    case "logits":
      return `of ${classes.join(", ")}`;
    case "attention":
      return `of the same at ${metadata.layer}, each map divided by its maximum`;
    case "scores":
      return `of background, ${classes.join(", ")}, before the softmax`;
    default:
      return "0 for background, then the classes from 1";
  }
}

/** What the values of pixels have to become, as the metadata has it. */
function valuesOf(preprocessing: string): string {
  const { channels, mean, deviation } = JSON.parse(preprocessing) as {
    readonly channels: string;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  };
  const each = (values: readonly number[]): string =>
    values.every((value) => value === values[0]) ? `${values[0]}` : `(${values.join(", ")})`;
  const steps = [
    `${channels.toUpperCase()} of 0 to 255`,
    ...(mean.some((value) => value !== 0) ? [`minus ${each(mean)}`] : []),
    ...(deviation.some((value) => value !== 1) ? [`divided by ${each(deviation)}`] : []),
  ];
  return steps.join(", ");
}
