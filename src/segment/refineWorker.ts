/** A thread that makes masks from scores. */
import sharp from "sharp";
import { serveRequests } from "../workerPool.ts";
import { refineMask } from "./refineMask.ts";

// Each thread works on one picture; libvips must not start more.
sharp.concurrency(1);
sharp.cache(false);

serveRequests(refineMask, ({ labels }) => [labels.buffer as ArrayBuffer]);
