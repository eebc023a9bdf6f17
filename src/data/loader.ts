import { Worker } from "node:worker_threads";
import { workerUrl } from "../workerUrl.ts";
import type { Batch, BatchOptions, Decoded, Item } from "./loadBatch.ts";
import type { LoadRequest, LoadResponse } from "./loaderWorker.ts";
import { DataError } from "./types.ts";

export type { Batch, Item, LoadFailure } from "./loadBatch.ts";

export interface LoaderOptions extends BatchOptions {
  /** Threads that decode; each takes whole batches. */
  readonly threads?: number;
  /** Bytes of decoded, uncropped pictures to keep in memory. */
  readonly cacheBytes?: number;
}

/**
 * Loads batches on worker threads. Several `load` calls may be under way; each batch is the same
 * whatever the number of threads. Close it when done.
 */
export class Loader {
  readonly #threads: Thread[];
  readonly #size: number;
  readonly #cache = new Map<string, Decoded>();
  #freeBytes: number;
  #requests = 0;

  constructor({ threads = 1, cacheBytes = 0, ...options }: LoaderOptions) {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new DataError(`Loader: threads must be a positive integer; got ${threads}.`);
    }
    if (!Number.isInteger(options.size) || options.size < 1) {
      throw new DataError(`Loader: size must be a positive integer; got ${options.size}.`);
    }
    const { size, preprocessing, maskLabels } = options;
    this.#size = size;
    this.#freeBytes = cacheBytes;
    this.#threads = Array.from(
      { length: threads },
      () => new Thread({ size, preprocessing, maskLabels }),
    );
  }

  /**
   * One batch. An item that cannot be read is replaced by the next one that can, and told in
   * `failures`.
   *
   * @throws {DataError} When no item can be read.
   */
  async load(items: readonly Item[]): Promise<Batch> {
    const cached = items.map((item) => this.#find(item));
    const keep = items.map(
      (item, n) =>
        cached[n] === undefined &&
        item.augmentation.crop === undefined &&
        this.#freeBytes >= this.#bytesOf(item),
    );
    const thread = this.#threads.reduce((a, b) => (b.load < a.load ? b : a));
    const { batch, kept } = await thread.ask({ number: this.#requests++, items, cached, keep });
    for (const [n, decoded] of kept.entries()) {
      if (decoded !== undefined) this.#store(items[n], decoded);
    }
    return batch;
  }

  /** Stops the threads; batches under way are rejected. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #find({ sample, augmentation, withMask }: Item): Decoded | undefined {
    if (augmentation.crop !== undefined) return undefined;
    const decoded = this.#cache.get(sample.image);
    return withMask && decoded?.labels === undefined ? undefined : decoded;
  }

  #store({ sample }: Item, decoded: Decoded): void {
    const known = this.#cache.get(sample.image);
    const bytes = sizeOf(decoded) - sizeOf(known);
    if (bytes <= 0 || bytes > this.#freeBytes) return;
    this.#freeBytes -= bytes;
    this.#cache.set(sample.image, decoded);
  }

  #bytesOf({ withMask }: Item): number {
    return this.#size * this.#size * (withMask ? 4 : 3);
  }
}

function sizeOf(decoded: Decoded | undefined): number {
  return (decoded?.pixels.length ?? 0) + (decoded?.labels?.length ?? 0);
}

type Answer = Extract<LoadResponse, { batch: Batch }>;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** A worker thread and the requests that it has not answered. */
class Thread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #failure: Error | undefined;

  constructor(options: BatchOptions) {
    const url = workerUrl(import.meta.url, "loaderWorker");
    this.#worker = new Worker(url, { workerData: options });
    this.#worker.on("message", (response: LoadResponse) => this.#settle(response));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("messageerror", (error) => this.#fail(error));
    this.#worker.on("exit", (code) =>
      this.#fail(new Error(`Loader: a thread ended with code ${code} before its work was done.`)),
    );
    this.#worker.unref();
  }

  /** Number of requests without an answer. */
  get load(): number {
    return this.#pending.size;
  }

  ask(request: LoadRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      // An idle loader does not keep the process alive; one with work does.
      this.#worker.ref();
      this.#pending.set(request.number, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#fail(new Error("Loader: it was closed, and loads no more batches."));
    await this.#worker.terminate();
  }

  #settle(response: LoadResponse): void {
    const pending = this.#pending.get(response.number);
    this.#pending.delete(response.number);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("batch" in response) pending?.resolve(response);
    else if (response.isDataError) pending?.reject(new DataError(response.message));
    else pending?.reject(new Error(response.message));
  }

  /** The first failure stays: what follows from it says less. */
  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
