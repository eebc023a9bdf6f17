import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files of test/ run whole commands and networks and take longest; those of src/ then keep both cores busy
 * to the end. Vitest itself knows what takes long only where it has run before.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isUnit = ({ moduleId }: TestSpecification): boolean =>
      relative(this.ctx.config.root, moduleId).startsWith("src");
    return [...sorted.filter((file) => !isUnit(file)), ...sorted.filter(isUnit)];
  }
}

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/long/**", "node_modules/**"],
    pool: "forks",
    // Two cores: each ONNX Runtime session already uses both.
    maxWorkers: 2,
    // Modules hold no state, so files share what is loaded; what a test replaces it puts back.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
