import { expect, test } from "vitest";
import { workerUrl } from "./workerUrl.ts";

const urlOf = (module: string): string => workerUrl(module, "worker").href;

test("a compiled module has its worker beside it", () => {
  expect(urlOf("file:///app/node_modules/guided-attention/dist/runtime/executor.js")).toBe(
    "file:///app/node_modules/guided-attention/dist/runtime/worker.js",
  );
});

test("a source uses the compiled worker of dist", () => {
  expect(urlOf("file:///home/me/project/src/runtime/executor.ts")).toBe(
    "file:///home/me/project/dist/runtime/worker.js",
  );
});

test("folders called src above the project stay as they are", () => {
  expect(urlOf("file:///usr/src/project/src/data/loader.ts")).toBe(
    "file:///usr/src/project/dist/data/worker.js",
  );
  expect(urlOf("file:///usr/src/project/dist/data/loader.js")).toBe(
    "file:///usr/src/project/dist/data/worker.js",
  );
});
