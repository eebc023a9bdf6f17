/** A temporary folder with texts and pictures, for tests of what reads them. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { expect } from "vitest";
import type { Dataset, Sample } from "../src/data/index.ts";

export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<DataFolder> {
    return new DataFolder(await mkdtemp(join(tmpdir(), "gain-data-")));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }

  at(path: string): string {
    return join(this.path, path);
  }

  /** Writes a text, bytes, or anything else as JSON; returns the file. */
  async write(path: string, content: unknown): Promise<string> {
    const file = this.at(path);
    await mkdir(dirname(file), { recursive: true });
    const isPlain = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(file, isPlain ? content : JSON.stringify(content));
    return file;
  }

  /** Grey pictures of one size. */
  async pictures(paths: readonly string[], width: number, height: number): Promise<void> {
    for (const path of paths) {
      await mkdir(dirname(this.at(path)), { recursive: true });
      const image = sharp({ create: { width, height, channels: 3, background: "#888" } });
      await image.toFile(this.at(path));
    }
  }
}

/** All samples of a data set, whichever split they are in. */
export function samplesIn({ splits }: Dataset): readonly Sample[] {
  return [...new Set(Object.values(splits).flat())];
}

/** Labels as rows of digits, 255 as "#". */
export function drawing({
  width,
  labels,
}: {
  readonly width: number;
  readonly labels: Uint8Array;
}): string[] {
  const rows: string[] = [];
  for (let i = 0; i < labels.length; i += width) {
    const row = [...labels.subarray(i, i + width)];
    rows.push(row.map((label) => (label === 255 ? "#" : String(label))).join(""));
  }
  return rows;
}

/** That a call fails with exactly this message. */
export async function expectMessage(call: Promise<unknown>, message: string): Promise<void> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toBe(message);
}
