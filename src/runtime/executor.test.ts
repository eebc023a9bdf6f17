import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { add, input, matmul, sum } from "../graph/index.ts";
import { type Computation, Executor, RuntimeError } from "./index.ts";

const x = input("x", [3]);
const total = input("total", [3]);
const accumulate: Computation = {
  outputs: { sum: sum(add(total, x)) },
  updates: { total: add(total, x) },
};
const plusOne: Computation = { outputs: { y: add(x, 1) } };
const values = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

/** Takes a few tenths of a second on one thread. */
const side = 1024;
const slow: Computation = (() => {
  let product = input("a", [side, side]);
  const factor = product;
  for (let i = 0; i < 12; i++) product = matmul(product, factor) as typeof product;
  return { outputs: { product } };
})();

const started: Executor[] = [];
async function start(): Promise<Executor> {
  const executor = await Executor.start({ device: "cpu", threads: 1 });
  started.push(executor);
  return executor;
}

afterEach(async () => {
  for (const executor of started.splice(0)) await executor.close();
});

describe("Executor", () => {
  test("runs a program again and again, with its state on the thread", async () => {
    const executor = await start();
    const program = await executor.compile(accumulate);
    await executor.setState([["total", { shape: [3], data: values(1, 1, 1) }]]);
    for (const expected of [9, 15, 21]) {
      const results = await program.run({ x: values(1, 2, 3) });
      expect([...results]).toEqual([["sum", { shape: [], data: values(expected) }]]);
    }
    expect((await executor.getState()).get("total")?.data).toEqual(values(4, 7, 10));
    expect([...(await executor.getState([])).keys()]).toEqual([]);
  });

  test("leaves the calling thread free during a run", async () => {
    const program = await (await start()).compile(slow);
    const a = new Float32Array(side * side);
    let ticks = 0;
    const begin = performance.now();
    const timer = setInterval(() => ticks++, 10);
    await program.run({ a });
    clearInterval(timer);
    const elapsed = performance.now() - begin;
    expect(elapsed).toBeGreaterThan(60);
    // A blocked thread would count none.
    expect(ticks).toBeGreaterThan(2);
  });

  test("copies feeds, and takes those that are given away", async () => {
    const program = await (await start()).compile(plusOne);
    const [kept, given] = [values(1, 2, 3), values(4, 5, 6)];
    await program.run({ x: kept });
    expect(kept).toEqual(values(1, 2, 3));
    const results = await program.run({ x: given }, [given]);
    expect(results.get("y")?.data).toEqual(values(5, 6, 7));
    expect(given.byteLength).toBe(0);
  });

  test("answers runs in order when they are asked for at once", async () => {
    const executor = await start();
    const program = await executor.compile(accumulate);
    await executor.setState([["total", { shape: [3], data: values(0, 0, 0) }]]);
    const runs = await Promise.all([1, 2, 3].map((n) => program.run({ x: values(n, 0, 0) })));
    expect(runs.map((results) => results.get("sum")?.data[0])).toEqual([1, 3, 6]);
  });

  test("can be started again after it was closed, and twice at a time", async () => {
    for (let round = 0; round < 2; round++) {
      const [first, second] = [await start(), await start()];
      const programs = [await first.compile(plusOne), await second.compile(plusOne)];
      const results = await Promise.all(programs.map((p, i) => p.run({ x: values(i, i, i) })));
      expect(results.map((r) => r.get("y")?.data)).toEqual([values(1, 1, 1), values(2, 2, 2)]);
      await first.close();
      await second.close();
    }
  });
});

describe("what goes wrong reaches the caller as a RuntimeError", () => {
  test("an input that is neither fed nor state; later runs are not harmed", async () => {
    const program = await (await start()).compile(plusOne);
    const error = await program.run({}).catch((e) => e);
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error.message).toBe(
      'run: "x" must be fed or be state; it is neither. Feed it, or set it with setState.',
    );
    expect((await program.run({ x: values(0, 0, 0) })).get("y")?.data).toEqual(values(1, 1, 1));
  });

  test("a feed of another size", async () => {
    const program = await (await start()).compile(plusOne);
    await expect(program.run({ x: values(1) })).rejects.toBeInstanceOf(RuntimeError);
  });

  test("a computation that ONNX Runtime refuses", async () => {
    const executor = await start();
    // An output cannot have the name of an input.
    await expect(executor.compile({ outputs: { x: add(x, 1) } })).rejects.toBeInstanceOf(Error);
    await expect(executor.compile(plusOne)).resolves.toBeDefined();
  });

  test("state that was never set", async () => {
    await expect((await start()).getState(["weight"])).rejects.toBeInstanceOf(RuntimeError);
  });
});

describe("closing", () => {
  test("lets a run that is under way finish first", async () => {
    const executor = await start();
    const program = await executor.compile(slow);
    const running = program.run({ a: new Float32Array(side * side) });
    await executor.close();
    expect((await running).get("product")?.data).toHaveLength(side * side);
  });

  test("makes everything later fail, and closing again harmless", async () => {
    const executor = await start();
    const program = await executor.compile(plusOne);
    await executor.close();
    await executor.close();
    const message = "the runtime's thread has ended.";
    await expect(program.run({ x: values(1, 2, 3) })).rejects.toThrow(message);
    await expect(executor.getState()).rejects.toThrow(message);
    await expect(executor.compile(plusOne)).rejects.toThrow(message);
  });

  test("lets the process end by itself", () => {
    const compiled = new URL("../../dist/", import.meta.url);
    const script = `
      import { Executor } from "${new URL("runtime/index.js", compiled)}";
      import { add, input } from "${new URL("graph/index.js", compiled)}";
      const executor = await Executor.start({ device: "cpu", threads: 2 });
      const program = await executor.compile({ outputs: { y: add(input("x", [1]), 1) } });
      await program.run({ x: Float32Array.of(1) });
      await executor.close();`;
    const folder = mkdtempSync(join(tmpdir(), "executor-"));
    const file = join(folder, "script.mjs");
    writeFileSync(file, script);
    const { status, stderr } = spawnSync(process.execPath, [file], {
      encoding: "utf8",
      timeout: 30_000,
    });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
