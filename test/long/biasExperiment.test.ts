import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { BiasResult } from "../../src/cli/experiment/biasTable.ts";
import { gain } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "gain-long-bias-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a biased training keeps more by self-guidance, most by 30 masks, on each of three seeds", async () => {
  const args = ["--out", join(folder, "bias"), "--seeds", "3", "--masks", "30", "--json"];
  const { splits, rows } = JSON.parse(await gain("experiment", "bias", ...args)) as BiasResult;
  const [, ...tests] = splits;
  const accuracies = new Map(
    rows.map(({ label, measures }) => [
      label,
      measures.map(
        (measure) => tests.reduce((sum, name) => sum + measure[name].accuracy, 0) / tests.length,
      ),
    ]),
  );
  const [start, none, self, masks] = ["start", "none", "self", "30 masks"].map(
    (label) => accuracies.get(label) ?? [],
  );
  expect(masks).toHaveLength(3);
  masks.forEach((accuracy, seed) => {
    expect(none[seed]).toBeLessThan(start[seed] - 0.1);
    expect(self[seed]).toBeGreaterThan(none[seed] + 0.02);
    expect(accuracy).toBeGreaterThan(self[seed]);
    expect(accuracy).toBeGreaterThan(start[seed] - 0.06);
  });
});
