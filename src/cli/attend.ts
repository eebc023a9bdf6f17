/** `gain attend`: what a run sees in pictures, and where. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { DataError, Loader, noAugmentation } from "../data/index.ts";
import { camMethodNames, isCamMethod } from "../gain/index.ts";
import { writeOverlay } from "../report/overlay.ts";
import {
  closestNames,
  type OpenedRun,
  openRun,
  type PictureAttention,
  startAttender,
} from "../train/index.ts";
import { displayPicture } from "./displayPicture.ts";
import { ExitStatus, exitStatus, messageOf, UsageError } from "./errors.ts";
import { encodeNpy } from "./npy.ts";

interface AttendFlags {
  readonly out: string;
  readonly class?: string;
  readonly layer?: string;
  readonly method?: string;
  readonly raw?: boolean;
  readonly json?: boolean;
}

export function addAttend(program: Command): void {
  program
    .command("attend")
    .description("draw a run's attention over pictures")
    .argument("<run>", "RUN folder of gain train")
    .argument("<image...>", "pictures")
    .requiredOption("--out <dir>", "folder for the overlays, PICTURE.CLASS.png")
    .option(
      "--class <name>",
      "class to look for; by default those with a probability of at least 0.5, or else the likeliest",
    )
    .option("--layer <name>", "layer of the attention; the run's own by default")
    .option("--method <name>", `how: ${camMethodNames.join(", ")}`, "grad-cam")
    .option(
      "--raw",
      "write the maps, too, as PICTURE.CLASS.npy: float32, [height, width], in [0, 1]",
    )
    .option("--json", "print one JSON line per picture and class")
    .addHelpText(
      "after",
      "\nA picture that cannot be read is told and skipped; the exit status is then 1.",
    )
    .action(attendImages);
}

async function attendImages(
  runPath: string,
  images: readonly string[],
  flags: AttendFlags,
): Promise<void> {
  const run = await openRun(runPath);
  const { classes } = run.config;
  const method = flags.method ?? "grad-cam";
  if (!isCamMethod(method)) {
    throw new UsageError(`--method: must be one of ${camMethodNames.join(", ")}; got "${method}".`);
  }
  const wanted = flags.class === undefined ? undefined : classIndex(classes, flags.class);
  await mkdir(flags.out, { recursive: true });
  const { size, preprocessing } = { size: run.model.inputSize, ...run.model };
  const loader = new Loader({ size, preprocessing, maskLabels: new Uint8Array(256) });
  const threads = run.config.options.threads ?? 1;
  const batchSize = method === "score-cam" ? maskedPictures : 1;
  const options = { threads, batchSize, layer: flags.layer, method };
  const { attender, close } = await startAttender(run, options);
  const stems = uniqueStems(images);
  let failed = 0;
  try {
    for (const [i, image] of images.entries()) {
      try {
        const batch = await loader.load([itemOf(image)]);
        const [attention] = await attender.attend(batch.images);
        await writeResults(run, image, join(flags.out, stems[i]), attention, wanted, flags);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        failed++;
        process.stderr.write(`${messageOf(error)}\n`);
      }
    }
  } finally {
    await Promise.all([loader.close(), close()]);
  }
  if (failed > 0) throw new ExitStatus(exitStatus.failed);
}

/** Score-CAM asks about so many masked pictures at a time. */
const maskedPictures = 16;

async function writeResults(
  { config: { classes } }: OpenedRun,
  image: string,
  stem: string,
  { logits, maps, height, width }: PictureAttention,
  wanted: number | undefined,
  { raw, json }: AttendFlags,
): Promise<void> {
  const probabilities = Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  const picture = await displayPicture(image);
  for (const c of wanted === undefined ? predicted(probabilities) : [wanted]) {
    const name = classes[c];
    const map = maps.slice(c * height * width, (c + 1) * height * width);
    const overlay = `${stem}.${fileName(name)}.png`;
    await writeOverlay(overlay, picture, { map, height, width });
    const npy = `${stem}.${fileName(name)}.npy`;
    if (raw) await writeFile(npy, encodeNpy(map, [height, width]));
    const result = { image, class: name, probability: probabilities[c], overlay };
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...result, ...(raw && { raw: npy }) })}\n`
        : `${image}  ${name}  ${probabilities[c].toFixed(3)}  ${overlay}\n`,
    );
  }
}

/** The classes with a probability of at least one half, likeliest first, or else the likeliest. */
function predicted(probabilities: readonly number[]): number[] {
  const order = probabilities.map((_, c) => c).sort((a, b) => probabilities[b] - probabilities[a]);
  const likely = order.filter((c) => probabilities[c] >= 0.5);
  return likely.length > 0 ? likely : order.slice(0, 1);
}

function classIndex(classes: readonly string[], name: string): number {
  const index = classes.indexOf(name);
  if (index >= 0) return index;
  const [closest] = closestNames(name, classes);
  const cure = closest === undefined ? "" : ` Did you mean ${closest}?`;
  throw new UsageError(`--class: must be one of ${classes.join(", ")}; got "${name}".${cure}`);
}

function itemOf(image: string): Parameters<Loader["load"]>[0][number] {
  const sample = { id: image, image: resolve(image), tags: [] };
  return { sample, augmentation: noAugmentation, withMask: false };
}

/** Names without ending; pictures of one name in several folders are numbered. */
function uniqueStems(images: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return images.map((image) => {
    const stem = basename(image, extname(image));
    const count = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, count);
    return count === 1 ? stem : `${stem}-${count}`;
  });
}

const fileName = (className: string): string => className.replace(/[^\p{L}\p{N}_-]+/gu, "_");
