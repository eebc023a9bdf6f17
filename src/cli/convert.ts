/** `gain convert`: a data set in another tool's format. */
import { type Command, Option } from "commander";
import {
  type Conversion,
  type ConvertFormat,
  convertDataset,
  convertFormats,
} from "../data/index.ts";
import { ExitStatus, exitStatus, UsageError } from "./errors.ts";
import { parts } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { startProgress } from "./progress.ts";

interface ConvertFlags {
  readonly to: ConvertFormat;
  readonly classes?: string[];
  readonly split?: string;
  readonly masks?: string;
  readonly link?: boolean;
  readonly predictions?: boolean;
  readonly imagePrefix?: string;
  readonly json?: boolean;
}

export function addConvert(program: Command): void {
  program
    .command("convert")
    .description("write a data set in another tool's format")
    .argument("<data>", "any data set")
    .argument("<out>", "new or empty folder, or an earlier conversion, which is replaced")
    .addOption(
      new Option("--to <format>", "format to write").choices(convertFormats).makeOptionMandatory(),
    )
    .option("--classes <a,b,c>", "classes to take; all by default", parts)
    .option("--split <name>", "the only split to take; all by default")
    .option("--masks <dir>", "masks ID.png, as of gain segment, in place of its masks and boxes")
    .option("--link", "make hard links of the pictures where that is possible, and no copies")
    .option(
      "--predictions",
      "label-studio: write predictions for people to correct, not annotations",
    )
    .option("--image-prefix <address>", "label-studio: what stands before the pictures' paths")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nPictures stay as they are. What the format cannot hold is told, with the number of pictures. A\npicture or mask that cannot be read is told and left out; the exit status is then 1. For pictures\nthat Label Studio reads from its own disk, --image-prefix '/data/local-files/?d=OUT/'.",
    )
    .action(convert);
}

async function convert(data: string, out: string, flags: ConvertFlags): Promise<void> {
  requireLabelStudio(flags);
  const { json, ...options } = flags;
  const progress = startProgress("convert");
  const { signal, release } = interruptSignal(() => progress.line("stopping; nothing is kept"));
  try {
    const conversion = await convertDataset({
      ...{ data, out, ...options, signal },
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.stop();
    for (const { file, reason, fix } of conversion.problems) {
      progress.line(`left out: ${file}: ${reason}. ${fix}.`);
    }
    for (const note of conversion.notes) progress.line(note);
    process.stdout.write(json ? `${JSON.stringify(conversion)}\n` : text(out, conversion));
    if (conversion.problems.length > 0) throw new ExitStatus(exitStatus.failed);
  } catch (error) {
    throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
  } finally {
    progress.stop();
    release();
  }
}

/** @throws {UsageError} When an option of Label Studio's comes with another format. */
function requireLabelStudio({ to, predictions, imagePrefix }: ConvertFlags): void {
  if (to === "label-studio") return;
  const [flag] = [
    ...(predictions ? ["--predictions"] : []),
    ...(imagePrefix === undefined ? [] : ["--image-prefix"]),
  ];
  if (flag === undefined) return;
  throw new UsageError(`${flag}: must come with --to label-studio; got --to ${to}. Leave it out.`);
}

/** "out: yolo, 40 pictures for train, 10 for val, 73 objects" */
function text(out: string, { format, splits, objects }: Conversion): string {
  const counts = Object.entries(splits).map(
    ([name, count], i) => `${count}${i === 0 ? " pictures" : ""} for ${name}`,
  );
  return `${out}: ${[format, ...counts, `${objects} objects`].join(", ")}\n`;
}
