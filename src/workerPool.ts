/** Worker threads that answer requests: the pool, and what its threads run. */

import { parentPort, Worker } from "node:worker_threads";
import { messageOf } from "./messageOf.ts";

/** What a worker's handler threw, as it reached the pool: classes do not cross threads. */
export class WorkerError extends Error {
  override name = "WorkerError";
  /** The `name` of the error that was thrown. */
  readonly thrownName: string;

  constructor(message: string, thrownName: string) {
    super(message);
    this.thrownName = thrownName;
  }
}

export interface WorkerPoolOptions {
  readonly threads?: number;
  /** Handed to every thread as its `workerData`. */
  readonly workerData?: unknown;
}

/** What a thread says of one request. */
type Reply<Response> =
  | { readonly response: Response }
  | { readonly message: string; readonly thrownName: string };

interface Job<Request, Response> {
  readonly request: Request;
  readonly transfer: readonly ArrayBuffer[];
  resolve(response: Response): void;
  reject(error: Error): void;
}

/**
 * Threads that run one script, each with one request at a time. Requests start in the order in
 * which they are asked, each on the first free thread. An idle pool does not keep the process
 * alive; one with work does. Close it when done.
 */
export class WorkerPool<Request, Response> {
  readonly #threads: Thread<Request, Response>[];
  readonly #queue: Job<Request, Response>[] = [];
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param url  The script; it calls `serveRequests`. `workerUrl` finds it.
   * @throws {RangeError} When `threads` is not a positive integer.
   */
  constructor(url: URL, { threads = 1, workerData }: WorkerPoolOptions = {}) {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`WorkerPool: threads must be a positive integer; got ${threads}.`);
    }
    const onFree = (): void => this.#dispatch();
    const onDeath = (thread: Thread<Request, Response>, error: Error): void =>
      this.#bury(thread, error);
    this.#threads = Array.from(
      { length: threads },
      () => new Thread(url, workerData, onFree, onDeath),
    );
  }

  /**
   * The handler's answer.
   *
   * @param transfer  Buffers in `request` that the caller gives away; the others are copied.
   * @throws {WorkerError} When the handler throws; other requests go on.
   */
  ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Response> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, transfer, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends the threads; requests under way and waiting are rejected. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const closed = new Error("WorkerPool: it was closed, and answers no more requests.");
    this.#fail(closed);
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end(closed)));
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (!thread.isFree) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      thread.run(job);
    }
  }

  /** The pool goes on without this thread, as long as there is another. */
  #bury(thread: Thread<Request, Response>, error: Error): void {
    const place = this.#threads.indexOf(thread);
    if (place >= 0) this.#threads.splice(place, 1);
    if (this.#threads.length === 0) this.#fail(error);
  }

  /** The first failure stays: what follows from it says less. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#queue.splice(0)) reject(this.#failure);
  }
}

/** A worker thread and the request that it works on. */
class Thread<Request, Response> {
  readonly #worker: Worker;
  readonly #onFree: () => void;
  readonly #onDeath: (thread: Thread<Request, Response>, error: Error) => void;
  #job: Job<Request, Response> | undefined;
  #isDead = false;

  constructor(
    url: URL,
    workerData: unknown,
    onFree: () => void,
    onDeath: (thread: Thread<Request, Response>, error: Error) => void,
  ) {
    this.#onFree = onFree;
    this.#onDeath = onDeath;
    this.#worker = new Worker(url, { workerData, execArgv: [] });
    this.#worker.on("message", (reply: Reply<Response>) => this.#settle(reply));
    this.#worker.on("messageerror", (error) => this.#settle(replyOf(error)));
    this.#worker.on("error", (error) =>
      this.#die(error instanceof Error ? error : new Error(messageOf(error))),
    );
    this.#worker.on("exit", (code) =>
      this.#die(
        new Error(`WorkerPool: a thread ended with code ${code} before its work was done.`),
      ),
    );
    this.#worker.unref();
  }

  get isFree(): boolean {
    return this.#job === undefined && !this.#isDead;
  }

  run(job: Job<Request, Response>): void {
    this.#job = job;
    this.#worker.ref();
    try {
      this.#worker.postMessage(job.request, job.transfer);
    } catch (error) {
      // What cannot be sent concerns this request only; the next one waits for a turn of its own.
      queueMicrotask(() => this.#settle(replyOf(error)));
    }
  }

  async end(reason: Error): Promise<void> {
    this.#die(reason);
    await this.#worker.terminate();
  }

  #settle(reply: Reply<Response>): void {
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    if ("response" in reply) job?.resolve(reply.response);
    else job?.reject(new WorkerError(reply.message, reply.thrownName));
    this.#onFree();
  }

  #die(error: Error): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#job?.reject(error);
    this.#job = undefined;
    this.#onDeath(this, error);
  }
}

/**
 * Makes this thread answer the requests of its pool, one at a time. Does nothing on the main thread.
 *
 * @param handler     Answers a request; what it throws rejects that request.
 * @param transferOf  Buffers of a response that are given away; the others are copied.
 */
export function serveRequests<Request, Response>(
  handler: (request: Request) => Response | Promise<Response>,
  transferOf: (response: Response) => readonly ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  port?.on("message", async (request: Request) => {
    try {
      const response = await handler(request);
      port.postMessage({ response } satisfies Reply<Response>, transferOf(response));
    } catch (error) {
      port.postMessage(replyOf(error));
    }
  });
}

function replyOf(error: unknown): { message: string; thrownName: string } {
  return { message: messageOf(error), thrownName: error instanceof Error ? error.name : "Error" };
}
