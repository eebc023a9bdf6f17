import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

const config = mergeConfig(base, { test: { testTimeout: 7_200_000, maxWorkers: 1 } });
config.test.include = ["test/long/**/*.test.ts"];
config.test.exclude = ["node_modules/**"];
export default defineConfig(config);
