import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeSafetensors } from "../nn/index.ts";
import {
  type Checkpoint,
  RunError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-checkpoint-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const checkpoint: Checkpoint = {
  tensors: new Map([
    ["conv.weight", { shape: [2, 1, 1, 2], data: Float32Array.of(0.1, -0, 1e-45, 3.4e38) }],
    ["conv.weight.velocity", { shape: [2], data: Float32Array.of(1 / 3, -2) }],
  ]),
  progress: {
    step: 7,
    sampler: { random: [1, 2 ** 32 - 1, 3, 4], epoch: [5, 6, 7, 8], position: 12 },
  },
};

const errorOf = async (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("nothing was thrown"),
    (error: Error) => error,
  );

describe("a checkpoint", () => {
  test("comes back bit for bit", async () => {
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, checkpoint);
    expect(await readCheckpoint(path)).toEqual(checkpoint);
  });

  test("replaces the one before, and leaves nothing else behind", async () => {
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, checkpoint);
    const later = { ...checkpoint, progress: { ...checkpoint.progress, step: 8 } };
    await writeCheckpoint(path, later);
    expect((await readCheckpoint(path)).progress.step).toBe(8);
    expect(await readdir(folder)).toEqual(["checkpoint.safetensors"]);
  });

  test("that is not there says so", async () => {
    const path = join(folder, "checkpoint.safetensors");
    const error = await errorOf(readCheckpoint(path));
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toBe(
      `${path}: no checkpoint lies here. Train first, or name another RUN.`,
    );
  });

  test("that was cut short anywhere names the file", async () => {
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, checkpoint);
    const { length } = await readFile(path);
    for (const size of [length - 1, length - 20, 100, 8, 3, 0]) {
      await truncate(path, size);
      const { message } = await errorOf(readCheckpoint(path));
      expect(message, `of ${size} bytes`).toMatch(/checkpoint\.safetensors: .*truncated/);
      await writeCheckpoint(path, checkpoint);
    }
  });

  test("is not any file of weights", async () => {
    const path = join(folder, "weights.safetensors");
    const rule = `${path}: is no checkpoint of a run (its metadata lacks the progress). Name another file.`;
    for (const metadata of [{}, { progress: '{"step":-1}' }] as Record<string, string>[]) {
      await writeSafetensors(path, checkpoint.tensors, metadata);
      const error = await errorOf(readCheckpoint(path));
      expect(error).toBeInstanceOf(RunError);
      expect(error.message).toBe(rule);
    }
  });
});

describe("a write that fails", () => {
  test("half-way leaves the old file whole and no partial one", async () => {
    const path = join(folder, "config.json");
    await writeFile(path, "old");
    const error = await errorOf(
      writeAtomically(path, async (temporary) => {
        await writeFile(temporary, "ne");
        throw new Error("ENOSPC: no space left on device, write");
      }),
    );
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toBe(
      `${path}: cannot be written (ENOSPC: no space left on device, write). What was there before is intact; make room or choose another folder.`,
    );
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["config.json"]);
  });

  test("at the renaming leaves no partial file either", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "inner"), { recursive: true });
    const error = await errorOf(writeAtomically(path, (temporary) => writeFile(temporary, "new")));
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toContain(`${path}: cannot be written (`);
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("of a checkpoint keeps the checkpoint before", async () => {
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, checkpoint);
    const misshapen = new Map([["conv.weight", { shape: [3], data: new Float32Array(2) }]]);
    const error = await errorOf(writeCheckpoint(path, { ...checkpoint, tensors: misshapen }));
    expect(error).toBeInstanceOf(RunError);
    expect(await readCheckpoint(path)).toEqual(checkpoint);
    expect(await readdir(folder)).toEqual(["checkpoint.safetensors"]);
  });

  test("into a folder that is not there names the file", async () => {
    const path = join(folder, "gone", "checkpoint.safetensors");
    const error = await errorOf(writeCheckpoint(path, checkpoint));
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toContain(`${path}: cannot be written (ENOENT`);
  });
});
