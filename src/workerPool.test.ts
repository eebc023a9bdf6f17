import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WorkerError, WorkerPool, type WorkerPoolOptions } from "./workerPool.ts";
import { workerUrl } from "./workerUrl.ts";

/** What the threads of these tests are told to do. */
interface Task {
  readonly kind: "data" | "double" | "sleep" | "throw" | "die" | "thread" | "wait";
  readonly value?: number;
  readonly bytes?: Uint8Array;
  readonly gate?: Int32Array;
}

const script = `
import { threadId, workerData } from "node:worker_threads";
import { serveRequests } from ${JSON.stringify(workerUrl(import.meta.url, "workerPool").href)};
const handlers = {
  data: () => workerData,
  double: ({ bytes }) => bytes.map((byte) => 2 * byte),
  sleep: ({ value }) => new Promise((resolve) => setTimeout(() => resolve(value), value)),
  throw: () => { throw new RangeError("the handler's sentence."); },
  die: () => process.exit(3),
  thread: () => threadId,
  wait: ({ gate, value }) => {
    Atomics.add(gate, 0, 1);
    Atomics.notify(gate, 0);
    while (Atomics.load(gate, 0) < value) Atomics.wait(gate, 0, Atomics.load(gate, 0), 100);
    return threadId;
  },
};
serveRequests(
  (task) => handlers[task.kind](task),
  (response) => (response instanceof Uint8Array ? [response.buffer] : []),
);
`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-pool-"));
  await writeFile(join(folder, "worker.mjs"), script);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const urlOf = (name: string): URL => pathToFileURL(join(folder, name));

const pools: WorkerPool<Task, unknown>[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function open(options: WorkerPoolOptions = {}, name = "worker.mjs"): WorkerPool<Task, unknown> {
  const pool = new WorkerPool<Task, unknown>(urlOf(name), options);
  pools.push(pool);
  return pool;
}

test("each request gets its own answer, however many there are", async () => {
  const pool = open({ threads: 2 });
  const delays = Array.from({ length: 20 }, (_, n) => (7 * n) % 5);
  const answers = delays.map((value) => pool.ask({ kind: "sleep", value }));
  expect(await Promise.all(answers)).toEqual(delays);
});

test("requests run on all threads at once", async () => {
  const pool = open({ threads: 2 });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const both = [1, 2].map(() => pool.ask({ kind: "wait", gate, value: 2 }));
  expect(new Set(await Promise.all(both)).size).toBe(2);
});

test("requests start in the order in which they are asked", async () => {
  const pool = open();
  const order: number[] = [];
  const delays = [20, 1, 10];
  await Promise.all(
    delays.map(async (value) => {
      await pool.ask({ kind: "sleep", value });
      order.push(value);
    }),
  );
  expect(order).toEqual(delays);
});

test("every thread has the pool's worker data", async () => {
  const pool = open({ workerData: { seed: 7 } });
  expect(await pool.ask({ kind: "data" })).toEqual({ seed: 7 });
});

test("a pool with work keeps the process alive, an idle one does not", async () => {
  const [poolUrl, workUrl] = [workerUrl(import.meta.url, "workerPool"), urlOf("worker.mjs")];
  const program = `
    import { WorkerPool } from ${JSON.stringify(poolUrl.href)};
    const pool = new WorkerPool(new URL(${JSON.stringify(workUrl.href)}), { threads: 2 });
    pool.ask({ kind: "sleep", value: 200 }).then((value) => console.log("answered", value));`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program]);
  expect(stdout).toBe("answered 200\n");
});

test("buffers that are given away move instead of being copied", async () => {
  const pool = open();
  const bytes = Uint8Array.of(1, 2, 3);
  const answer = await pool.ask({ kind: "double", bytes }, [bytes.buffer]);
  expect(answer).toEqual(Uint8Array.of(2, 4, 6));
  expect(bytes.length).toBe(0);
  const kept = Uint8Array.of(4);
  await pool.ask({ kind: "double", bytes: kept });
  expect(kept).toEqual(Uint8Array.of(4));
});

test("what a handler throws rejects that request only", async () => {
  const pool = open();
  const thrown = pool.ask({ kind: "throw" });
  const next = pool.ask({ kind: "sleep", value: 1 });
  const error = await thrown.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkerError);
  expect(error).toMatchObject({ message: "the handler's sentence.", thrownName: "RangeError" });
  expect(await next).toBe(1);
});

test("a request that cannot be sent rejects itself only", async () => {
  const pool = open();
  const value = (() => 1) as unknown as number;
  await expect(pool.ask({ kind: "sleep", value })).rejects.toThrow("could not be cloned");
  expect(await pool.ask({ kind: "sleep", value: 2 })).toBe(2);
});

test("a dead thread rejects its request, and the others go on", async () => {
  const pool = open({ threads: 2 });
  const dying = pool.ask({ kind: "die" });
  await expect(dying).rejects.toThrow(
    "WorkerPool: a thread ended with code 3 before its work was done.",
  );
  const answers = [1, 2, 3].map((value) => pool.ask({ kind: "sleep", value }));
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
});

test("when the last thread is dead, all that waits and all that follows is rejected", async () => {
  const pool = open();
  const sentence = "WorkerPool: a thread ended with code 3 before its work was done.";
  const asked = [pool.ask({ kind: "die" }), pool.ask({ kind: "sleep", value: 1 })];
  for (const { status, ...rest } of await Promise.allSettled(asked)) {
    expect(status).toBe("rejected");
    expect(rest).toMatchObject({ reason: { message: sentence } });
  }
  await expect(pool.ask({ kind: "sleep", value: 1 })).rejects.toThrow(sentence);
});

test("a script that is not there rejects what is asked", async () => {
  const pool = open({ threads: 2 }, "missing.mjs");
  await expect(pool.ask({ kind: "sleep", value: 1 })).rejects.toThrow("missing.mjs");
});

test("closing rejects what is under way, what waits and what follows", async () => {
  const pool = open();
  const asked = [1, 2].map(() => pool.ask({ kind: "sleep", value: 60_000 }));
  const outcomes = Promise.allSettled(asked);
  await Promise.all([pool.close(), pool.close()]);
  const sentence = "WorkerPool: it was closed, and answers no more requests.";
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { message: sentence } });
  }
  await expect(pool.ask({ kind: "sleep", value: 1 })).rejects.toThrow(sentence);
});

test("the number of threads must be a positive integer", () => {
  for (const threads of [0, 1.5, -1, Number.NaN]) {
    expect(() => open({ threads })).toThrow(
      `WorkerPool: threads must be a positive integer; got ${threads}.`,
    );
  }
});
