import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RunError } from "./checkpoint.ts";
import { type RunConfig, trainOptionsSchema } from "./config.ts";
import { RunFolder } from "./runFolder.ts";

let parent = "";
let run = new RunFolder("");
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "gain-run-"));
  run = new RunFolder(join(parent, "runs", "first"));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const errorOf = async (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("nothing was thrown"),
    (error: Error) => error,
  );

/** Writes the lock of another process, as if it had taken the run. */
async function lockAs(owner: { pid: number; host: string }): Promise<void> {
  await mkdir(run.path, { recursive: true });
  await writeFile(run.file("run.lock"), JSON.stringify(owner));
}

describe("the lock", () => {
  test("makes the folder, and can be taken again once released", async () => {
    for (let round = 0; round < 2; round++) {
      const release = await run.lock();
      expect(await readdir(run.path)).toEqual(["run.lock"]);
      await release();
    }
  });

  test("takes an empty folder of its own along, and leaves what was there or was written", async () => {
    await (await run.lock())();
    expect(await readdir(join(parent, "runs"))).toEqual([]);
    const release = await run.lock();
    await run.appendMetric({ step: 1 });
    await release();
    expect(await readdir(run.path)).toEqual(["metrics.jsonl"]);
    const given = join(parent, "given");
    await mkdir(given);
    await (await new RunFolder(given).lock())();
    expect(await readdir(given)).toEqual([]);
  });

  test("refuses a second process while the first lives", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    try {
      const pid = child.pid ?? 0;
      await lockAs({ pid, host: hostname() });
      const error = await errorOf(run.lock());
      expect(error).toBeInstanceOf(RunError);
      expect(error.message).toBe(
        `${run.file("run.lock")}: process ${pid} is writing this run. Wait until it is done, or choose another --out.`,
      );
      expect(JSON.parse(await readFile(run.file("run.lock"), "utf8")).pid).toBe(pid);
    } finally {
      child.kill();
    }
  });

  test("refuses a second run of the same process", async () => {
    const release = await run.lock();
    const { message } = await errorOf(new RunFolder(run.path).lock());
    expect(message).toContain(`process ${process.pid} is writing this run.`);
    await release();
  });

  test("of a process that died is taken over", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await lockAs({ pid: child.pid ?? 0, host: hostname() });
    const release = await run.lock();
    expect(JSON.parse(await readFile(run.file("run.lock"), "utf8"))).toEqual({
      pid: process.pid,
      host: hostname(),
    });
    await release();
  });

  test("of another host is respected, whatever its process", async () => {
    await lockAs({ pid: 1, host: "elsewhere" });
    const error = await errorOf(run.lock());
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toBe(
      `${run.file("run.lock")}: process 1 on elsewhere is writing this run. Wait until it is done; if it is not running, delete the file.`,
    );
  });

  test("of an earlier process with this one's number is taken over", async () => {
    await lockAs({ pid: process.pid, host: hostname() });
    await (await run.lock())();
  });

  test("that holds no owner yet is respected for a while, then taken over", async () => {
    await mkdir(run.path, { recursive: true });
    const path = run.file("run.lock");
    await writeFile(path, "");
    const { message } = await errorOf(run.lock());
    expect(message).toBe(
      `${path}: process unknown is writing this run. Wait until it is done, or choose another --out.`,
    );
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    await (await run.lock())();
  });

  test("goes to one of many that ask at once", async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => new RunFolder(run.path).lock()),
    );
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === "rejected") expect(attempt.reason).toBeInstanceOf(RunError);
    }
  });

  test("clears away what a killed process left half written", async () => {
    await mkdir(run.path, { recursive: true });
    await writeFile(run.file("checkpoint.safetensors.0a1b2c3d.partial"), "half");
    await (await run.lock())();
    expect(await readdir(run.path)).toEqual([]);
  });

  test("cannot be where a file is", async () => {
    await writeFile(join(parent, "runs"), "");
    const error = await errorOf(run.lock());
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toContain(`${run.path}: cannot be written (`);
  });
});

describe("metrics", () => {
  beforeEach(async () => {
    await mkdir(run.path, { recursive: true });
  });

  test("are none before the first", async () => {
    expect(await run.readMetrics()).toEqual([]);
  });

  test("come back in order, without the half line of a crash", async () => {
    await run.appendMetric({ step: 1, loss: 0.5 });
    await run.appendMetric({ step: 2, mAP: null });
    await appendFile(run.file("metrics.jsonl"), '{"step": 3, "lo');
    expect(await run.readMetrics()).toEqual([
      { step: 1, loss: 0.5 },
      { step: 2, mAP: null },
    ]);
  });

  test("after a step are forgotten, and can be written again", async () => {
    for (const step of [10, 20, 20, 30]) await run.appendMetric({ step });
    await appendFile(run.file("metrics.jsonl"), '{"step": 4');
    await run.truncateMetrics(20);
    await run.appendMetric({ step: 25 });
    expect(await run.readMetrics()).toEqual([10, 20, 20, 25].map((step) => ({ step })));
    expect(await readdir(run.path)).toEqual(["metrics.jsonl"]);
  });
});

const config: RunConfig = {
  version: "0.1.0",
  data: "/data",
  dataDigest: "abc",
  classes: ["cat", "dog"],
  inputSize: 32,
  preprocessing: { channels: "rgb", mean: [1, 2, 3], deviation: [4, 5, 6] },
  stepsPerEpoch: 10,
  totalSteps: 30,
  warmupSteps: 10,
  options: trainOptionsSchema.parse({ guidance: "extra", masks: 60 }),
  created: "2024-01-01T00:00:00.000Z",
  runtime: { node: "v20.9.0" },
};

describe("the config", () => {
  beforeEach(async () => {
    await mkdir(run.path, { recursive: true });
  });

  test("comes back as it was written", async () => {
    expect(await run.hasConfig()).toBe(false);
    await run.writeConfig(config);
    expect(await run.hasConfig()).toBe(true);
    expect(await run.readConfig()).toEqual(config);
  });

  test("that is not there says how to make one", async () => {
    const error = await errorOf(run.readConfig());
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toBe(
      `${run.file("config.json")}: not found, so ${run.path} is no run. Train one with gain train DATA --out ${run.path}.`,
    );
  });

  test("that is no JSON names the file", async () => {
    await writeFile(run.file("config.json"), "{");
    const error = await errorOf(run.readConfig());
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(
      /config\.json: must be JSON; .* Restore the file, or train anew\.$/,
    );
  });

  test("with a wrong value names the file and the key", async () => {
    const broken = { ...config, options: { ...config.options, batchSize: "many" } };
    await writeFile(run.file("config.json"), JSON.stringify(broken));
    const error = await errorOf(run.readConfig());
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(
      /config\.json: options\.batchSize: .*number.* Restore the file, or train anew\.$/,
    );
  });
});

test("a checkpoint is written to and read from the folder", async () => {
  await mkdir(run.path, { recursive: true });
  expect(await run.hasCheckpoint()).toBe(false);
  const checkpoint = {
    tensors: new Map([["w", { shape: [1], data: Float32Array.of(2) }]]),
    progress: {
      step: 1,
      sampler: { random: [1, 2, 3, 4], epoch: [1, 2, 3, 4], position: 0 },
    } as const,
  };
  await run.writeCheckpoint(checkpoint);
  expect(await run.hasCheckpoint()).toBe(true);
  expect(await run.readCheckpoint()).toEqual(checkpoint);
});
