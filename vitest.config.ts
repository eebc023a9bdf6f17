import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/long/**", "node_modules/**"],
    pool: "forks",
    // Two cores: each ONNX Runtime session already uses both.
    maxWorkers: 2,
    // Modules hold no state, so files share what is loaded; what a test replaces it puts back.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
