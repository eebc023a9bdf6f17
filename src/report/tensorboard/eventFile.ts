/** An event file that TensorBoard reads while it is written. */

import { type FileHandle, open, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type RgbImage, toSharp } from "../image.ts";
import { type EventMessage, encodeEvent, rgbColors, sessionStart } from "./eventSchema.ts";
import { tfRecord } from "./tfRecord.ts";

export interface EventFileOptions {
  /**
   * Hides what earlier files of the folder hold of this step and later ones: a run that is resumed
   * writes them again. TensorBoard does so when it meets a session's start (event version 2).
   */
  readonly purgeFrom?: number;
  /** Milliseconds since 1970; the clock's by default. */
  readonly now?: () => number;
}

const prefix = "events.out.tfevents.";

/** Names of a folder's event files, in the order in which TensorBoard reads them. */
export async function eventFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).sort();
}

/** One file is written by one process; a resumed run opens another. */
export class EventFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #now: () => number;

  private constructor(path: string, file: FileHandle, now: () => number) {
    this.path = path;
    this.#file = file;
    this.#now = now;
  }

  /** Opens a new file, `events.out.tfevents.<seconds>.<host>.<process>`, after the folder's others. */
  static async open(
    folder: string,
    { purgeFrom = 0, now = Date.now }: EventFileOptions = {},
  ): Promise<EventFile> {
    const last = (await eventFiles(folder)).at(-1)?.slice(prefix.length).split(".")[0];
    // Files are read by name: one that is opened in the same second must come later all the same.
    const seconds = Math.max(Math.floor(now() / 1000), last === undefined ? 0 : Number(last) + 1);
    const host = hostname().replaceAll(/[^\w-]/g, "-");
    const path = join(
      folder,
      `${prefix}${String(seconds).padStart(10, "0")}.${host}.${process.pid}`,
    );
    const file = new EventFile(path, await open(path, "wx"), now);
    await file.#write({
      file_version: "brain.Event:2",
      source_metadata: { writer: "guided-attention" },
    });
    // A first start hides nothing, but without it the next one would be taken for the first.
    await file.#write({ step: purgeFrom, session_log: { status: sessionStart } });
    return file;
  }

  /** Numbers of a step, by tag: "loss/total" is shown in the group "loss". */
  async addScalars(step: number, scalars: Readonly<Record<string, number>>): Promise<void> {
    const value = Object.entries(scalars).map(([tag, simple_value]) => ({ tag, simple_value }));
    if (value.length > 0) await this.#write({ step, summary: { value } });
  }

  /** A picture of a step, as PNG. */
  async addImage(step: number, tag: string, image: RgbImage): Promise<void> {
    const { width, height } = image;
    const encoded_image_string = await toSharp(image).png().toBuffer();
    const entry = { height, width, colorspace: rgbColors, encoded_image_string };
    await this.#write({ step, summary: { value: [{ tag, image: entry }] } });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Whole records at once: a reader that finds half a record waits for the rest. */
  async #write(event: Omit<EventMessage, "wall_time">): Promise<void> {
    const bytes = encodeEvent({ wall_time: this.#now() / 1000, ...event });
    await this.#file.appendFile(tfRecord(bytes));
  }
}
