/**
 * Times the dense CRF at 500x375 with 21 classes and 10 iterations, and prints one JSON line a part.
 *
 *     node --import tsx bench/crf.ts [--part kernel|typescript|threads] [--image PHOTO] [--runs 9]
 *
 * kernel, typescript: one picture on one thread, setting up the lattices and iterating apart; each
 * is a process of its own, for its peak memory. Milliseconds on the clock, and of the processor
 * ("Cpu"), which other work on the machine disturbs less. threads: 16 pictures on one and on two threads, in
 * turn. Without --image the picture is smooth with mild noise; energies are those of a 41x41 map,
 * enlarged. Needs `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import {
  bilateralDimensions,
  bilateralFeaturesInto,
  gaussianDimensions,
  gaussianFeaturesInto,
} from "../src/crf/features.ts";
import { CrfPool, type DenseCrfProblem, loadCrfKernel, secCrf } from "../src/crf/index.ts";
import { buildLattice } from "../src/crf/lattice.ts";
import { meanField } from "../src/crf/meanField.ts";
import { Random } from "../src/random.ts";
import { resizeBilinear } from "../src/resizeBilinear.ts";

const { values } = parseArgs({
  options: {
    part: { type: "string" },
    image: { type: "string" },
    runs: { type: "string", default: "9" },
  },
});
const [width, height, classes] = [500, 375, 21];
const pixels = width * height;
const runs = Number(values.runs);

if (values.part === undefined) {
  for (const part of ["kernel", "typescript", "threads"]) {
    const script = fileURLToPath(import.meta.url);
    const own = ["--import", "tsx", script, "--part", part, ...process.argv.slice(2)];
    spawnSync(process.execPath, own, { stdio: "inherit" });
  }
} else {
  const image = values.image === undefined ? smoothPicture() : await photograph(values.image);
  const problem = { unary: energies(), image, classes, width, height };
  const figures =
    values.part === "kernel"
      ? await timeKernel(problem)
      : values.part === "typescript"
        ? await timeTypeScript(problem)
        : await timeThreads(problem);
  console.log(JSON.stringify({ bench: "crf", part: values.part, runs, ...figures }));
}

async function timeKernel(problem: DenseCrfProblem): Promise<object> {
  const kernel = loadCrfKernel();
  if (kernel === undefined) throw new Error("crf: there is no kernel; run npm run build first.");
  const before = process.memoryUsage.rss();
  // the first run compiles the kernel and grows its memory
  kernel.infer(problem, secCrf);
  const times: Record<string, number>[] = [];
  for (let run = 0; run < runs; run++) {
    const setUp = await timed(() => kernel.prepare(problem, secCrf));
    const iterations = await timed(() => kernel.solve(problem, secCrf.iterations));
    times.push(figuresOf(setUp, iterations));
  }
  return { ...spreads(times), growthMegabytes: growth(before) };
}

async function timeTypeScript(problem: DenseCrfProblem): Promise<object> {
  const before = process.memoryUsage.rss();
  const vertices = buildBoth(problem);
  const times: Record<string, number>[] = [];
  for (let run = 0; run < Math.ceil(runs / 3); run++) {
    const setUp = await timed(() => buildBoth(problem));
    const all = await timed(() => meanField(problem, secCrf));
    times.push(figuresOf(setUp, { wall: all.wall - setUp.wall, cpu: all.cpu - setUp.cpu }));
  }
  return { ...spreads(times), growthMegabytes: growth(before), vertices };
}

/** Milliseconds, on the clock and of the processor. */
interface Duration {
  readonly wall: number;
  readonly cpu: number;
}

async function timed(work: () => unknown): Promise<Duration> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000 };
}

function figuresOf(setUp: Duration, iterations: Duration): Record<string, number> {
  return {
    setUp: setUp.wall,
    iterations: iterations.wall,
    all: setUp.wall + iterations.wall,
    setUpCpu: setUp.cpu,
    iterationsCpu: iterations.cpu,
    allCpu: setUp.cpu + iterations.cpu,
  };
}

/** Vertices of the gaussian and of the bilateral lattice. */
function buildBoth(problem: DenseCrfProblem): readonly [number, number] {
  const gaussian = new Float32Array(pixels * gaussianDimensions);
  gaussianFeaturesInto(gaussian, problem, secCrf);
  const bilateral = new Float32Array(pixels * bilateralDimensions);
  bilateralFeaturesInto(bilateral, problem, secCrf);
  return [
    buildLattice(gaussian, gaussianDimensions).vertices,
    buildLattice(bilateral, bilateralDimensions).vertices,
  ];
}

async function timeThreads(problem: DenseCrfProblem): Promise<object> {
  const pictures = 16;
  const pools = [1, 2].map((threads) => new CrfPool({ threads }));
  const infer = (pool: CrfPool, count: number): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, () => pool.infer(problem)));
  for (const pool of pools) await infer(pool, 2);
  const times: Record<"one" | "two" | "oneCpu" | "twoCpu", number>[] = [];
  for (let run = 0; run < Math.ceil(runs / 3); run++) {
    const [one, two] = [
      await timed(() => infer(pools[0], pictures)),
      await timed(() => infer(pools[1], pictures)),
    ].map(({ wall, cpu }) => ({ wall: wall / pictures, cpu: cpu / pictures }));
    times.push({ one: one.wall, two: two.wall, oneCpu: one.cpu, twoCpu: two.cpu });
  }
  for (const pool of pools) await pool.close();
  const ratios = times.map(({ one, two }) => ({ ratio: one / two }));
  return { pictures, ...spreads(times), ...spreads(ratios) };
}

/** Growth of the resident set at its peak since `before`, in 10⁶ bytes; maxRSS is in KiB. */
function growth(before: number): number {
  return Math.round((process.resourceUsage().maxRSS * 1024 - before) / 1e6);
}

/** By figure, the median and the fastest (of ratios, the lowest). */
function spreads<Key extends string>(
  rows: readonly Readonly<Record<Key, number>>[],
): Record<string, { readonly median: number; readonly lowest: number }> {
  const keys = Object.keys(rows[0]) as Key[];
  return Object.fromEntries(
    keys.map((key) => {
      const sorted = rows.map((row) => row[key]).sort((a, b) => a - b);
      const round = (value: number): number => Math.round(value * 100) / 100;
      return [key, { median: round(sorted[sorted.length >> 1]), lowest: round(sorted[0]) }];
    }),
  );
}

function smoothPicture(): Uint8Array {
  const random = new Random(0);
  return Uint8Array.from({ length: pixels * 3 }, (_, i) => {
    const c = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / (3 * width));
    const smooth = 128 + 90 * Math.sin(x / (40 + 7 * c) + c) * Math.cos(y / (55 - 5 * c));
    return Math.min(255, Math.max(0, smooth + random.normal(0, 3)));
  });
}

async function photograph(path: string): Promise<Uint8Array> {
  const resized = sharp(path).resize(width, height, { fit: "fill" }).removeAlpha();
  return new Uint8Array(await resized.toColourspace("srgb").raw().toBuffer());
}

/** Up to 8 nats, [classes, height, width]. */
function energies(): Float32Array {
  const random = new Random(1);
  const unary = new Float32Array(classes * pixels);
  for (let label = 0; label < classes; label++) {
    const map = Float32Array.from({ length: 41 * 41 }, () => random.uniform(0, 8));
    unary.set(resizeBilinear(map, 41, 41, height, width), label * pixels);
  }
  return unary;
}
