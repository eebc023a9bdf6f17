import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { runDemo } from "../../src/cli/demo.ts";
import { type DemoStage, demoRecipe } from "../../src/cli/demoRecipe.ts";
import { temporaryFolder } from "./tinyData.ts";

/** The demo's stages, each for one short epoch on small pictures. */
const recipe: readonly DemoStage[] = demoRecipe.map((stage) => ({
  ...stage,
  options: {
    ...stage.options,
    ...{ epochs: 1, inputSize: 32, batchSize: 8, threads: 1 },
    ...(stage.options.masks !== undefined && { masks: 6 }),
  },
}));

afterEach(() => vi.restoreAllMocks());

test("the demo prints the three runs side by side, and uses finished stages again", async () => {
  const out = await temporaryFolder();
  const print = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await runDemo({ out, images: 30, seed: 1, tune: "off" }, recipe);
  const first = print.mock.calls.join("");
  expect(first).toMatch(/mAP +attention mIoU +energy\nnone .*%\nself .*%\n60 masks .*%\n/);
  const report = await readFile(join(out, "report.html"), "utf8");
  expect(report).toMatch(/Attention of run 60 masks on/);
  expect((await stat(join(out, "attention.png"))).size).toBeGreaterThan(0);

  const { mtimeMs } = await stat(join(out, "self/checkpoint.safetensors"));
  print.mockClear();
  await runDemo({ out, images: 30, seed: 1, tune: "off" }, recipe);
  const tableOf = (text: string): string | undefined =>
    /mAP.*\n.*\n.*\n60 masks .*\n/.exec(text)?.[0];
  expect(tableOf(print.mock.calls.join(""))).toBe(tableOf(first));
  expect((await stat(join(out, "self/checkpoint.safetensors"))).mtimeMs).toBe(mtimeMs);
});
