/** `gain layers`: where the attention of an ONNX model can be taken. */
import type { Command } from "commander";
import { type ImportedLayer, type ImportedModel, importOnnx } from "../nn/index.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";

interface LayersFlags {
  readonly inputSize?: number;
  readonly outputStride?: number;
  readonly grid?: readonly [number, number];
  readonly json?: boolean;
}

export function addLayers(program: Command): void {
  program
    .command("layers")
    .description("list the layers of an ONNX model that can have an attention map")
    .argument("<file>", "FILE.onnx, a classifier")
    .option("--input-size <n>", "side of the network's input, pixels", wholeNumber)
    .option("--output-stride <n>", "remove strides beyond this one: 8, 16 or 32", wholeNumber)
    .option("--grid <rows,columns>", "of a transformer's tokens, where they are not found", pair)
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nNAME is what --layer of gain train takes; the name of the node does as well. The layer marked with *\nis the default: the last one with spatial extent, of a transformer the tokens that enter its last block.",
    )
    .action((file: string, flags: LayersFlags) => {
      const { inputSize, outputStride, grid } = flags;
      const model = importOnnx(file, {
        ...(inputSize !== undefined && { inputSize }),
        ...(outputStride !== undefined && { outputStride }),
        ...(grid !== undefined && { grid }),
      });
      process.stdout.write(flags.json ? `${JSON.stringify(layersJson(model))}\n` : table(model));
    });
}

function pair(text: string): readonly [number, number] {
  const [rows, columns, ...rest] = text.split(/[x,]/).map(Number);
  if (rest.length > 0 || ![rows, columns].every((n) => Number.isInteger(n) && n > 0)) {
    throw new UsageError(`--grid: must be rows and columns, such as 14,14; got "${text}".`);
  }
  return [rows, columns];
}

const layersJson = ({ name, classes, inputSize, attentionLayer, details }: ImportedModel) => ({
  model: name,
  classes,
  inputSize,
  attentionLayer,
  layers: details,
});

function table({ name, classes, inputSize, attentionLayer, details }: ImportedModel): string {
  const shapeOf = ({ channels, rows, columns }: ImportedLayer): string =>
    `${channels} x ${rows} x ${columns}`;
  const columns = [
    details.map((layer) => layer.name),
    details.map(shapeOf),
    details.map(({ op }) => op),
    details.map(({ node }) => node),
  ];
  const titles = ["NAME", "CHANNELS x ROWS x COLUMNS", "OPERATOR", "NODE"];
  const widths = columns.map((cells, i) =>
    Math.max(titles[i].length, ...cells.map(({ length }) => length)),
  );
  const line = (mark: string, cells: readonly string[]): string =>
    `${mark} ${cells.map((cell, i) => cell.padEnd(widths[i])).join("  ")}`.trimEnd();
  const lines = details.map((layer, i) =>
    line(
      layer.name === attentionLayer ? "*" : " ",
      columns.map((cells) => cells[i]),
    ),
  );
  return `${name}: ${classes} classes, pictures of ${inputSize} x ${inputSize}\n${line(" ", titles)}\n${lines.join("\n")}\n`;
}
