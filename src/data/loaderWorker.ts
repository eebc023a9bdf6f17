/** A thread of the loader: answers each request with a batch or an error. */

import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import { messageOf } from "../messageOf.ts";
import { type Batch, type BatchOptions, type Decoded, type Item, loadBatch } from "./loadBatch.ts";
import { DataError } from "./types.ts";

export interface LoadRequest {
  readonly number: number;
  readonly items: readonly Item[];
  /** By item, what the cache has of it. */
  readonly cached: readonly (Decoded | undefined)[];
  /** By item, whether to hand back what was decoded, in shared memory. */
  readonly keep: readonly boolean[];
}

export type LoadResponse =
  | {
      readonly number: number;
      readonly batch: Batch;
      readonly kept: readonly (Decoded | undefined)[];
    }
  | { readonly number: number; readonly message: string; readonly isDataError: boolean };

if (parentPort !== null) serve(parentPort, workerData as BatchOptions);

function serve(port: NonNullable<typeof parentPort>, options: BatchOptions): void {
  // Training uses the cores; each picture is seen once an epoch, so libvips has nothing to cache.
  sharp.concurrency(1);
  sharp.cache(false);
  port.on("message", async ({ number, items, cached, keep }: LoadRequest) => {
    try {
      const { batch, decoded } = await loadBatch(items, options, cached);
      const kept = decoded.map((item, n) => (item && keep[n] ? share(item) : undefined));
      const buffers = [batch.images, batch.masks, batch.sources].flatMap((array) =>
        array?.buffer instanceof ArrayBuffer ? [array.buffer] : [],
      );
      port.postMessage({ number, batch, kept } satisfies LoadResponse, buffers);
    } catch (error) {
      const message = messageOf(error);
      const isDataError = error instanceof DataError;
      port.postMessage({ number, message, isDataError } satisfies LoadResponse);
    }
  });
}

function share({ pixels, labels }: Decoded): Decoded {
  return { pixels: shared(pixels), ...(labels && { labels: shared(labels) }) };
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
