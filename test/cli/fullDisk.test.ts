import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunError, writeAtomically } from "../../src/train/index.ts";
import { temporaryFolder } from "./tinyData.ts";

const hasFullDevice = await stat("/dev/full").then(
  () => true,
  () => false,
);

const noSpace = Object.assign(new Error("ENOSPC: no space left on device, write"), {
  code: "ENOSPC",
});

test("a disk that fills up while a file is written leaves the old one and nothing else", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "checkpoint.safetensors");
  await writeFile(path, "old");
  const writing = writeAtomically(path, async (temporary) => {
    await writeFile(temporary, "half of the n");
    throw noSpace;
  });
  await expect(writing).rejects.toThrow(
    new RunError(
      `${path}: cannot be written (ENOSPC: no space left on device, write). What was there before is intact; make room or choose another folder.`,
    ),
  );
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["checkpoint.safetensors"]);
});

test.skipIf(!hasFullDevice)("a full device is told with its reason", async () => {
  const path = join(await temporaryFolder(), "model.onnx");
  const writing = writeAtomically(path, () => writeFile("/dev/full", "bytes"));
  await expect(writing).rejects.toThrow(/model\.onnx: cannot be written \(ENOSPC: /);
});
