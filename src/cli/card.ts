/** `gain card`: what a run is, in Markdown for those who get it. */
import { writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { readRecord } from "../evaluate/record/evaluationRecord.ts";
import { exists } from "../exists.ts";
import { type ModelCard, modelCard } from "../report/modelCard.ts";
import { readSegmentationConfig } from "../segment/index.ts";
import { modelOf, RunFolder, writeAtomically } from "../train/index.ts";
import { UsageError } from "./errors.ts";
import { settingsOf } from "./runFigures.ts";

interface CardFlags {
  readonly out?: string;
  readonly force?: boolean;
}

export function addCard(program: Command): void {
  program
    .command("card")
    .description("write a model card: what a run is, how it was trained, how good it is")
    .argument("<run>", "RUN folder of gain train or gain sec")
    .option("--out <file.md>", "file to write; RUN/README.md by default")
    .option("--force", "replace a file that is there")
    .addHelpText(
      "after",
      "\nThe card is laid out as Hugging Face reads it. It says nothing but what the run's config.json and\nevaluation.json hold; the licence is left for you to fill in. A run without evaluation.json is\ndescribed without figures: gain report RUN --out FILE measures it.",
    )
    .action(card);
}

async function card(path: string, { out, force = false }: CardFlags): Promise<void> {
  const described = await describe(path);
  const file = out ?? join(path, "README.md");
  if (!force && (await exists(file))) {
    throw new UsageError(
      `${file}: is there already, and may have been edited. Add --force to replace it, or choose another --out.`,
    );
  }
  await writeAtomically(file, (temporary) => writeFile(temporary, modelCard(described)));
  process.stdout.write(`${file}: fill in the licence\n`);
}

/** Without the paths of this machine. */
async function describe(path: string): Promise<ModelCard> {
  const folder = new RunFolder(path);
  const isMasks = (await folder.kind()) === "segmentation";
  const config = isMasks ? await readSegmentationConfig(path) : await folder.readConfig();
  const { options, runtime, version } = config;
  const { weights } = options;
  return {
    name: basename(resolve(path)),
    model: basename(options.model),
    classes: config.classes,
    inputSize: config.inputSize,
    preprocessing: config.preprocessing,
    ...(!isMasks && { attention: await attentionOf(folder) }),
    data: basename(config.data),
    dataDigest: config.dataDigest,
    steps: config.totalSteps,
    settings: {
      ...settingsOf(config),
      model: basename(options.model),
      weights: weights === undefined ? "none: drawn from the seed" : basename(weights),
    },
    versions: { "guided-attention": version, ...runtime },
    created: config.created,
    record: await readRecord(folder),
  };
}

async function attentionOf(folder: RunFolder): Promise<NonNullable<ModelCard["attention"]>> {
  const config = await folder.readConfig();
  const { guidance, masks, layer } = config.options;
  return { guidance, masks, layer: layer ?? (await modelOf(folder, config)).attentionLayer };
}
