/** Checkpoints: everything that a run needs to go on as if it had never stopped. */

import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf } from "../messageOf.ts";
import { decodeSafetensors, writeSafetensors } from "../nn/index.ts";
import type { TensorData } from "../runtime/index.ts";
import { tryParseJson } from "../tryParseJson.ts";

const words = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly();

const progressSchema = z.object({
  /** Steps done. */
  step: z.number().int().nonnegative(),
  sampler: z.object({ random: words, epoch: words, position: z.number().int() }),
});

export type Progress = z.infer<typeof progressSchema>;

export interface Checkpoint {
  /** Parameters and the optimiser's memory, by state name. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly progress: Progress;
}

/** A checkpoint or run folder that cannot be used. */
export class RunError extends Error {
  override name = "RunError";
}

/** Writes beside the target and renames, so that the file is always a whole one. */
export async function writeAtomically(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.partial`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = messageOf(error);
    throw new RunError(
      `${path}: cannot be written (${reason}). What was there before is intact; make room or choose another folder.`,
    );
  }
  const folder = await open(dirname(path));
  await folder.sync().catch(() => undefined);
  await folder.close();
}

/** @throws {RunError} When the file cannot be written, such as on a full disk. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { tensors, progress } = checkpoint;
  await writeAtomically(path, (temporary) =>
    writeSafetensors(temporary, tensors, {
      format: "guided-attention checkpoint 1",
      progress: JSON.stringify(progress),
    }),
  );
}

/** @throws {RunError} When the file is missing, truncated or not a checkpoint. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readFile(path).catch(() => {
    throw new RunError(`${path}: no checkpoint lies here. Train first, or name another RUN.`);
  });
  const { tensors, metadata } = decodeWhole(bytes, path);
  const parsed = progressSchema.safeParse(tryParseJson(metadata.progress ?? ""));
  if (!parsed.success) {
    throw new RunError(
      `${path}: is no checkpoint of a run (its metadata lacks the progress). Name another file.`,
    );
  }
  const floats = new Map<string, TensorData>();
  for (const [name, { shape, data }] of tensors) {
    if (data instanceof Float32Array) floats.set(name, { shape, data });
  }
  return { tensors: floats, progress: parsed.data };
}

function decodeWhole(bytes: Uint8Array, path: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes, path);
  } catch (error) {
    const reason = messageOf(error);
    throw new RunError(`${reason} If there is no copy, delete ${path} and train anew.`);
  }
}
