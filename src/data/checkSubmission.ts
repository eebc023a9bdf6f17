/** What VOC's evaluation server would find wrong with an archive of masks. */

import { open } from "node:fs/promises";
import { basename } from "node:path";
import { list, type ReadEntry } from "tar";
import { messageOf } from "../messageOf.ts";
import { decodePng } from "./decodePng.ts";
import { type Problem, ProblemError } from "./problem.ts";
import {
  type Competition,
  lastVocLabel,
  type PixelSize,
  requireOnce,
  submissionFolder,
} from "./submission.ts";
import { vocPalette } from "./vocPalette.ts";

export interface CheckSubmissionOptions {
  /** The pictures of the test list. */
  readonly ids: readonly string[];
  /** A picture's own size. */
  readonly sizeOf: (id: string) => PixelSize | Promise<PixelSize>;
  /** The contest it is for; by default that of the first mask. */
  readonly competition?: Competition | undefined;
}

export interface SubmissionReport {
  readonly competition: Competition;
  /** Pictures of the list that have a mask without a problem. */
  readonly images: number;
  /** None for an archive that the server takes. `file` is the archive, or a path in it. */
  readonly problems: readonly Problem[];
}

/**
 * Reads an archive, one mask in memory at a time, and reports every problem: ids that are missing,
 * there twice or unknown, files in another folder, masks that are no indexed PNG in VOC's colours,
 * have a value over 20 or another size than the picture, and an archive that is no whole .tgz.
 *
 * @throws {DataError} When there is no such file, or `ids` is empty or holds an id twice.
 */
export async function checkSubmission(
  file: string,
  { ids, sizeOf, competition }: CheckSubmissionOptions,
): Promise<SubmissionReport> {
  requireOnce(ids);
  const { files, damage } = await readArchive(file);
  const contest = competition ?? contestOf(files);
  const folder = submissionFolder(contest);
  const known = new Set(ids);
  const seen = new Set<string>();
  const problems: Problem[] = [];
  let images = 0;
  for (const { path, mask } of files) {
    const report = (reason: string, fix: string): void => {
      problems.push({ file: path, reason, fix });
    };
    const id = idIn(folder, path);
    if (!path.startsWith(`${folder}/`)) {
      const name = basename(path, ".png");
      if (known.has(name)) seen.add(name);
      report(
        `the file is not in the folder ${folder}`,
        "Put the masks there, and nothing elsewhere",
      );
    } else if (id === undefined) {
      report("the file's name does not end in .png", "Take the file out");
    } else if (!known.has(id)) {
      report("the test list has no such picture", "Take the file out");
    } else if (seen.has(id)) {
      report("the picture has a mask already", "Put one mask for each picture into the archive");
    } else {
      seen.add(id);
      const found = maskProblem(mask, await sizeOf(id));
      if (found === undefined) images++;
      else report(found.reason, found.fix);
    }
  }
  if (damage !== undefined) problems.push(damage);
  else {
    for (const id of ids) {
      if (seen.has(id)) continue;
      const reason = `there is no mask ${folder}/${id}.png`;
      problems.push({ file, reason, fix: "Put it into the archive" });
    }
  }
  return { competition: contest, images, problems };
}

/** What is kept of a mask's PNG: not its pixels. */
interface MaskFacts extends PixelSize {
  readonly kind: string;
  readonly hasVocPalette: boolean;
  /** The highest value, and the first pixel that has it. */
  readonly highest: number;
  readonly at: string;
}

interface ArchivedFile {
  readonly path: string;
  /** A reason where it is no PNG. */
  readonly mask: MaskFacts | string;
}

/** The files of the archive in its order, as far as it can be read. */
async function readArchive(file: string): Promise<{ files: ArchivedFile[]; damage?: Problem }> {
  const fix = "Make the archive again with gain submit, or with tar -czf";
  if (!(await isGzip(file))) {
    const reason = "the archive is not compressed with gzip, which is all that VOC's server takes";
    return { files: [], damage: { file, reason, fix } };
  }
  const files: ArchivedFile[] = [];
  const faults: string[] = [];
  try {
    await list({
      file,
      onReadEntry: (entry) => collect(entry, files),
      onwarn: (_, message) => faults.push(String(message)),
    });
  } catch (error) {
    faults.push(messageOf(error));
  }
  if (faults.length === 0) return { files };
  const reason = `the archive is damaged or cut short (${faults[0]})`;
  return { files, damage: { file, reason, fix } };
}

async function isGzip(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await handle.close();
    }
  } catch {
    throw new ProblemError(
      file,
      "there is no such archive, or it may not be read",
      "Check the path, or write it with gain submit",
    );
  }
}

/** The longest file that is looked into, bytes: no mask of a VOC picture is near it. */
const longestFile = 64 * 1024 * 1024;

/** Adds an entry's facts once it is read; folders are there by the way. */
function collect(entry: ReadEntry, files: ArchivedFile[]): void {
  if (entry.type === "Directory") return;
  const path = entry.path.replace(/^(\.\/)+/, "");
  if (entry.type !== "File" && entry.type !== "OldFile") {
    files.push({ path, mask: "is a link or a device, not a file" });
    return;
  }
  if (entry.size > longestFile) {
    files.push({ path, mask: `is ${entry.size} bytes long, which no mask is` });
    return;
  }
  const chunks: Buffer[] = [];
  entry.on("data", (chunk) => chunks.push(chunk));
  entry.on("end", () => files.push({ path, mask: factsOf(Buffer.concat(chunks)) }));
}

function factsOf(bytes: Uint8Array): MaskFacts | string {
  try {
    const { width, height, kind, samples, palette } = decodePng(bytes);
    let highest = 0;
    for (const value of samples) highest = Math.max(highest, value);
    const first = samples.indexOf(highest);
    const at = `(${first % width}, ${Math.floor(first / width)})`;
    return { width, height, kind, hasVocPalette: isVocPalette(palette), highest, at };
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether the colours of VOC's labels are VOC's; a palette may end early or have more colours. */
function isVocPalette(palette: Uint8Array | undefined): boolean {
  const expected = vocPalette().subarray(0, 3 * (lastVocLabel + 1));
  return palette?.subarray(0, expected.length).every((byte, i) => byte === expected[i]) ?? false;
}

function maskProblem(
  mask: MaskFacts | string,
  picture: PixelSize,
): Pick<Problem, "reason" | "fix"> | undefined {
  const fix = "Save it as an indexed PNG with VOC's palette, as gain submit does";
  if (typeof mask === "string") return { reason: `the mask ${mask}`, fix };
  if (mask.kind !== "indexed") {
    return { reason: `the mask is ${kindNames[mask.kind]}, not an indexed PNG`, fix };
  }
  if (!mask.hasVocPalette) return { reason: "the mask's palette is not VOC's", fix };
  if (mask.highest > lastVocLabel) {
    return {
      reason: `the mask has the value ${mask.highest} at ${mask.at}`,
      fix: `Use 0 for background and 1 to ${lastVocLabel} for the classes, without void`,
    };
  }
  if (mask.width !== picture.width || mask.height !== picture.height) {
    return {
      reason:
        `the mask is ${mask.width}x${mask.height} pixels, its picture ` +
        `${picture.width}x${picture.height}`,
      fix: "Resize the mask, nearest neighbour, to the picture's own size",
    };
  }
  return undefined;
}

const kindNames: Readonly<Record<string, string>> = {
  grey: "a grey PNG",
  greyAlpha: "a grey PNG with alpha",
  rgb: "an RGB PNG",
  rgba: "an RGB PNG with alpha",
};

/** The contest whose folder the first mask lies in; comp6 where none does. */
function contestOf(files: readonly ArchivedFile[]): Competition {
  for (const { path } of files) {
    for (const contest of ["comp5", "comp6"] as const) {
      if (idIn(submissionFolder(contest), path) !== undefined) return contest;
    }
  }
  return "comp6";
}

/** "a/b" for `<folder>/a/b.png`; undefined for a path that is no PNG of the folder. */
function idIn(folder: string, path: string): string | undefined {
  const isMask = path.startsWith(`${folder}/`) && path.endsWith(".png");
  return isMask ? path.slice(folder.length + 1, -".png".length) : undefined;
}
