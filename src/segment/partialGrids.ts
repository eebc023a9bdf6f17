/** Grids as they are made: a file that only grows, from which a killed process goes on. */

import { type FileHandle, open } from "node:fs/promises";
import { messageOf } from "../messageOf.ts";
import { RunError } from "../train/index.ts";

/** A grid, or undefined for a picture that could not be read. */
export type MadeGrid = Uint8Array | undefined;

/**
 * `digest · record · record · …`, each record a byte (1: a grid, 0: none) and the grid's cells.
 * A file with another digest is started anew; what a killed process left half written is cut off.
 */
export class PartialGrids {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #cells: number;
  readonly #start: number;
  #done: number;

  private constructor(
    file: string,
    handle: FileHandle,
    { cells, start, done }: { cells: number; start: number; done: number },
  ) {
    this.#file = file;
    this.#handle = handle;
    this.#cells = cells;
    this.#start = start;
    this.#done = done;
  }

  /**
   * @param digest  Hexadecimal; of all that the grids follow from.
   * @param cells   Of a grid.
   * @param batch   Only multiples of so many records are kept: as if the rest had not been begun.
   * @throws {RunError} When the file cannot be written.
   */
  static async open(
    file: string,
    { digest, cells, batch }: { digest: string; cells: number; batch: number },
  ): Promise<PartialGrids> {
    const head = Buffer.from(digest, "hex");
    const handle = await open(file, "a+").catch((error: unknown) => {
      throw unwritable(file, error);
    });
    try {
      const found = Buffer.alloc(head.length);
      await handle.read(found, 0, head.length, 0);
      const { size } = await handle.stat();
      const isOurs = size >= head.length && found.equals(head);
      const records = isOurs ? Math.floor((size - head.length) / (cells + 1)) : 0;
      const done = records - (records % batch);
      await handle.truncate(isOurs ? head.length + done * (cells + 1) : 0);
      if (!isOurs) await handle.appendFile(head);
      return new PartialGrids(file, handle, { cells, start: head.length, done });
    } catch (error) {
      await handle.close();
      throw unwritable(file, error);
    }
  }

  /** Records in the file. */
  get done(): number {
    return this.#done;
  }

  /** @throws {RunError} When the file cannot be written, such as on a full disk. */
  async append(grids: readonly MadeGrid[]): Promise<void> {
    const bytes = new Uint8Array(grids.length * (this.#cells + 1));
    for (const [i, grid] of grids.entries()) {
      if (grid === undefined) continue;
      bytes[i * (this.#cells + 1)] = 1;
      bytes.set(grid, i * (this.#cells + 1) + 1);
    }
    await this.#handle.appendFile(bytes).catch((error: unknown) => {
      throw unwritable(this.#file, error);
    });
    this.#done += grids.length;
  }

  /** All records, in order. */
  async read(): Promise<MadeGrid[]> {
    const length = this.#cells + 1;
    const bytes = new Uint8Array(this.#done * length);
    await this.#handle.read(bytes, 0, bytes.length, this.#start);
    return Array.from({ length: this.#done }, (_, i) =>
      bytes[i * length] === 1 ? bytes.subarray(i * length + 1, (i + 1) * length) : undefined,
    );
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

const unwritable = (file: string, error: unknown): RunError =>
  new RunError(
    `${file}: cannot be written (${messageOf(error)}). What was made so far is kept; make room, and start again.`,
  );
