/** `gain experiment bias`: does guidance mend a classifier that learnt the background? */
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Dataset, SampleKind } from "../../data/index.ts";
import { UsageError } from "../errors.ts";
import { parts } from "../flags.ts";
import { makeSample } from "../makeSample.ts";
import { type BiasResult, biasChart, biasTable } from "./biasTable.ts";
import { measureBias } from "./measureBias.ts";
import {
  biasRecipe,
  type GeneralPictures,
  isFromScratch,
  selfGuided,
  unguided,
  withMasks,
} from "./recipe.ts";
import {
  type ExperimentFlags,
  experimentOptions,
  prepareExperiment,
  requireMasks,
  runExperiment,
  seedsOf,
  writeResults,
} from "./shared.ts";
import { measureVariants } from "./trainVariants.ts";

interface BiasFlags extends ExperimentFlags {
  readonly kind: "boats" | "camera";
  readonly class?: string;
  readonly tests?: readonly string[];
}

export function addBias(experiment: Command): void {
  const command = experiment
    .command("bias")
    .description("train where an object never comes without its background, test where it does")
    .addOption(
      new Option("--kind <name>", "the sample: boats on water, or a camera in two poses")
        .choices(["boats", "camera"] satisfies SampleKind[])
        .default("boats"),
    )
    .option("--class <name>", "class whose accuracy is measured; of --data all classes by default")
    .option("--tests <a,b>", "splits to test on; of DATA all but train, val and trainval", parts);
  experimentOptions(command, "gain-bias", [10, 30, 100])
    .addHelpText(
      "after",
      "\nThe paper's section 4.3. A network that has seen pictures without the bias is trained on biased ones in\nseveral ways, each for as long: without guidance, guided by itself, and with a few masks or boxes of the\nclass. The accuracy of a class is the mean of the shares of right decisions among pictures with and\nwithout it. The start of the sample is trained on 'gain sample --kind objects' (6 passes, then 8 of each\nway); with --weights, those are the start (3 passes); without, own data are passed over 10 times without\nguidance first, and the ways go on from that bias. Masks guide with counterfactual pictures, too (their objects\nalone, and the pictures without them); --set counterfactualWeight=0 leaves the paper's losses alone.",
    )
    .action((flags: BiasFlags) => runExperiment((signal) => runBias(flags, signal)));
}

async function runBias(flags: BiasFlags, signal: AbortSignal): Promise<void> {
  const { kind, masks, out, tune } = flags;
  const { given, data, dataset } = await prepareExperiment(flags, kind, signal);
  const className =
    flags.class ?? (flags.data === undefined && kind === "boats" ? "boat" : undefined);
  const splits = ["val", ...testsOf(dataset, flags.tests)];
  const classIndex = indexOf(dataset, className);
  const ofClass = className === undefined ? {} : { maskClasses: [className] };
  requireMasks(dataset, masks, ofClass.maskClasses);
  const variants = [unguided, selfGuided, ...masks.map((count) => withMasks(count, ofClass))];
  const general =
    flags.data === undefined && isFromScratch(given)
      ? await generalPictures(flags, dataset, signal)
      : undefined;
  const recipe = biasRecipe(given, flags.continuedEpochs, general);
  const seeds = seedsOf(flags);
  const rows = await measureVariants({ recipe, variants, seeds, data, out, tune, signal }, (run) =>
    measureBias(run, { dataset, splits, classIndex, signal }),
  );
  const result: BiasResult = { data, class: className ?? null, seeds, splits, rows };
  await writeResults(flags, { result, table: biasTable(result), chart: biasChart(result) });
}

/** The sample whose pictures have nothing but their objects in common. */
async function generalPictures(
  { out, images }: BiasFlags,
  { classes }: Dataset,
  signal: AbortSignal,
): Promise<GeneralPictures> {
  const sample = await makeSample(join(out, "objects"), { kind: "objects", images, signal });
  const hasSameClasses = sample.classes.join("\n") === classes.join("\n");
  return { data: sample.directory, hasSameClasses };
}

/** @throws {UsageError} When there is nothing to test on. */
function testsOf(
  { splits, root }: Dataset,
  asked: readonly string[] | undefined,
): readonly string[] {
  const ordinary = ["train", "val", "trainval"];
  const tests = asked ?? Object.keys(splits).filter((name) => !ordinary.includes(name));
  const missing = [...tests, "val"].find((name) => (splits[name] ?? []).length === 0);
  if (missing !== undefined) {
    throw new UsageError(
      `--tests: ${root} must have pictures in the split "${missing}"; its splits are ${Object.keys(splits).join(", ")}.`,
    );
  }
  if (tests.length === 0) {
    throw new UsageError(
      `--tests: ${root} must have a split besides train and val in which the bias does not hold; it has none. Add one, such as ImageSets/Main/<class>_off.txt.`,
    );
  }
  return tests;
}

function indexOf({ classes, root }: Dataset, name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const index = classes.indexOf(name);
  if (index < 0) {
    throw new UsageError(
      `--class: must be one of ${classes.join(", ")} of ${root}; got "${name}".`,
    );
  }
  return index;
}
