/** `gain doctor`, also where a library does not load. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { gain, jsonLines } from "./gain.ts";

interface Check {
  readonly id: string;
  readonly status: string;
}

test("--json is one object with a check for each part, and status 0 where all that is needed works", async () => {
  const outcome = await gain(["doctor", "--json"]);
  expect(outcome.status).toBe(0);
  const [{ version, isHealthy, checks }] = jsonLines(outcome);
  expect({ version, isHealthy }).toEqual({ version: expect.any(String), isHealthy: true });
  const byId = new Map((checks as Check[]).map((check) => [check.id, check]));
  const always = [
    ...["node", "platform", "processor", "threads", "load", "memory", "disk", "runtime"],
    ...["device-cpu", "speed", "pictures", "crf", "algorithm-cache"],
  ];
  expect([...byId.keys()]).toEqual(expect.arrayContaining(always));
  for (const id of ["node", "platform", "runtime", "device-cpu", "pictures", "crf"]) {
    expect(byId.get(id), id).toMatchObject({ status: "ok" });
  }
  expect(byId.get("algorithm-cache")).toMatchObject({ status: "absent" });
});

test("the text is a line for each check, aligned, with what to do below it", async () => {
  const { status, stdout } = await gain(["doctor"]);
  expect(status).toBe(0);
  const [title, ...lines] = stdout.trimEnd().split("\n");
  expect(title).toMatch(/^gain \d/);
  for (const line of lines.slice(0, -1)) {
    expect(line).toMatch(/^(ok {7}|absent {3}|warning {2})[a-z-]+ +\S.*[^.]$|^ {26}\S.*\.$/);
  }
  expect(lines.at(-1)).toMatch(/^(all is well|gain works here; \d could be better)$/);
});

/** Node's resolver without ONNX Runtime, as where its binaries do not fit. */
const hooks = `export function resolve(name, context, next) {
  if (name === "onnxruntime-node") throw new Error("no such library");
  return next(name, context);
}`;
const preload = `import { register } from "node:module"; register(${JSON.stringify(
  `data:text/javascript,${encodeURIComponent(hooks)}`,
)});`;

function withoutRuntime(...args: string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  return spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
    },
  });
}

test("a library that does not load fails with its cure, and the other checks are made", () => {
  const { status, stdout } = withoutRuntime("doctor");
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^failed {3}runtime +ONNX Runtime cannot be loaded: no such library\n +Remove node_modules and run npm ci on this machine: binaries of another do not fit\.$/m,
  );
  expect(stdout).toMatch(/^ok {7}pictures /m);
  expect(stdout).toMatch(/\n1 failed: gain cannot train here\n$/);
});

test("another command names the library and sends to gain doctor", () => {
  expect(withoutRuntime("check", "data")).toMatchObject({
    status: 1,
    stderr: "gain: a library cannot be loaded (no such library). gain doctor says what is amiss.\n",
  });
});
