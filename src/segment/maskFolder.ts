/** What a folder of masks says of itself, so that a stopped process can go on, and others are told. */

import { appendFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Sample } from "../data/index.ts";
import { ProblemError } from "../data/problem.ts";
import { writeAtomically } from "../train/index.ts";
import { tryParseJson } from "../tryParseJson.ts";

/** Beside the masks: what they are. Written last. */
export const masksFile = "segmentation.json";

export const masksFormat = "guided-attention masks 1";

/** A line that says what the masks will be, then one for each of them; there until all are made. */
const partialFile = "segmentation.partial.jsonl";

/** What was made before: of what, and each mask's picture by its id. */
const describedSchema = z.object({ digest: z.string(), masks: z.record(z.string(), z.string()) });
const lineSchema = z.object({ id: z.string(), image: z.string() });

/** Of what masks are made, beside the pictures. */
export interface MasksDescription {
  readonly classes: readonly string[];
  /** Pixel value of each class. */
  readonly values: readonly number[];
  readonly run: string;
  readonly crf: boolean;
  readonly useTags: boolean;
  /** Of all that the masks follow from, but for the pictures. */
  readonly digest: string;
}

/** Written by one process at a time; the caller holds a lock. */
export class MaskFolder {
  readonly path: string;
  /** Paths of the pictures whose masks are there, or were about to be, by id. */
  readonly #images: Map<string, string>;

  private constructor(path: string, images: Map<string, string>) {
    this.path = path;
    this.#images = images;
  }

  /**
   * Begins, or goes on. Masks that were made of something else are removed.
   *
   * @throws {DataError} When a mask of the samples would replace a file that is none of ours.
   */
  static async open(
    path: string,
    { digest }: Pick<MasksDescription, "digest">,
    samples: readonly Sample[],
  ): Promise<MaskFolder> {
    const described = await Promise.all([readDescription(path), readPartial(path)]);
    const ours = new Map(described.flatMap((found) => Object.entries(found?.masks ?? {})));
    await requireOurs(path, samples, ours);
    const images = new Map(
      described.flatMap((found) => (found?.digest === digest ? Object.entries(found.masks) : [])),
    );
    for (const id of ours.keys()) {
      if (!images.has(id)) await rm(maskPath(path, id), { force: true });
    }
    const lines = [{ digest }, ...Array.from(images, ([id, image]) => ({ id, image }))];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    await writeAtomically(join(path, partialFile), (temporary) => writeFile(temporary, text));
    await rm(join(path, masksFile), { force: true });
    return new MaskFolder(path, images);
  }

  file(id: string): string {
    return maskPath(this.path, id);
  }

  /** Whether the picture's mask is there. */
  async has({ id, image }: Sample): Promise<boolean> {
    return this.#images.get(id) === image && (await isFile(this.file(id)));
  }

  /** To be called before the picture's mask is put there. */
  async announce({ id, image }: Sample): Promise<void> {
    this.#images.set(id, image);
    await appendFile(join(this.path, partialFile), `${JSON.stringify({ id, image })}\n`);
  }

  /** All masks are there. */
  async finish(description: MasksDescription): Promise<void> {
    const masks = Object.fromEntries(this.#images);
    const text = `${JSON.stringify({ format: masksFormat, ...description, masks }, null, 2)}\n`;
    await writeAtomically(join(this.path, masksFile), (temporary) => writeFile(temporary, text));
    await rm(join(this.path, partialFile), { force: true });
  }
}

const maskPath = (folder: string, id: string): string => join(folder, `${id}.png`);

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

type Described = z.infer<typeof describedSchema>;

async function readDescription(folder: string): Promise<Described | undefined> {
  const text = await readFile(join(folder, masksFile), "utf8").catch(() => "");
  return describedSchema.safeParse(tryParseJson(text)).data;
}

async function readPartial(folder: string): Promise<Described | undefined> {
  const text = await readFile(join(folder, partialFile), "utf8").catch(() => "");
  const [first, ...rest] = text.split("\n").map(tryParseJson);
  const masks: Record<string, string> = {};
  for (const line of rest) {
    // Half a line at the end was left by a crash; its mask was not there yet.
    const { data } = lineSchema.safeParse(line);
    if (data !== undefined) masks[data.id] = data.image;
  }
  return describedSchema.safeParse({ ...(first as object | undefined), masks }).data;
}

async function requireOurs(
  folder: string,
  samples: readonly Sample[],
  ours: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { id } of samples) {
    const file = maskPath(folder, id);
    if (ours.has(id) || !(await isFile(file))) continue;
    throw new ProblemError(
      file,
      "the file is no mask of gain segment, and would be replaced by one",
      "Choose another --out",
    );
  }
}
