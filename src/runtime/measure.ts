/** Times programs against each other on a machine. */
import { Random } from "../random.ts";
import { sizeOf } from "../shape.ts";
import type { Machine, ProgramSource } from "./machine.ts";

/** A program this many times slower than the best one is not run again. */
const hopeless = 2;

/** The first run allocates memory as well: it says less. */
const hopelessAtFirst = 4;

/** A program is judged after runs of this many milliseconds, or this many: one of a quick one is noise. */
const trialTime = 30;
const mostTrials = 5;

/** Rounds take this long in all, in milliseconds of the best program, but are not fewer or more. */
const roundsTime = 60;
const [fewestRounds, mostRounds] = [2, 20];

/** What measuring needs of a machine. */
type Runner = Pick<Machine, "load" | "run" | "unload">;

/**
 * The least time of a run of each program, in milliseconds; infinite where the machine cannot run it.
 *
 * Each runs once to warm up, and then a little. Several that are not hopeless take turns, so that
 * what else the computer does meets them alike. Their memory is given back.
 *
 * @param sources  Programs of the same inputs, the likely best first.
 */
export async function measurePrograms(
  machine: Runner,
  sources: readonly ProgramSource[],
): Promise<number[]> {
  const feeds = noiseFeeds(sources);
  const times = sources.map(() => Number.POSITIVE_INFINITY);
  const loaded = new Map<number, number>();
  const run = async (i: number, program: number): Promise<number> => {
    const time = await timeOf(machine, program, feeds);
    times[i] = Math.min(times[i], time);
    return time;
  };
  const tryOut = async (i: number, source: ProgramSource): Promise<void> => {
    const program = await machine.load(source);
    loaded.set(i, program);
    const limit = Math.max(trialTime, hopelessAtFirst * Math.min(...times));
    if ((await run(i, program)) > limit) return;
    let spent = 0;
    for (let trial = 0; trial < mostTrials && spent < trialTime; trial++) {
      spent += await run(i, program);
    }
  };
  const keep = async (isKept: (time: number) => boolean): Promise<void> => {
    for (const [i, program] of loaded) {
      if (isKept(times[i])) continue;
      loaded.delete(i);
      await machine.unload(program);
    }
  };
  try {
    for (const [i, source] of sources.entries()) {
      try {
        await tryOut(i, source);
      } catch {
        // Not for this device, or too large for its memory: it takes no part.
        times[i] = Number.POSITIVE_INFINITY;
      }
      const limit = hopeless * Math.min(...times);
      await keep((time) => Number.isFinite(time) && time <= limit);
    }
    const rounds = loaded.size > 1 ? roundsFor(Math.min(...times)) : 0;
    for (let round = 0; round < rounds; round++) {
      for (const [i, program] of loaded) await run(i, program);
    }
    return times;
  } finally {
    await keep(() => false);
  }
}

const roundsFor = (milliseconds: number): number =>
  Math.min(mostRounds, Math.max(fewestRounds, Math.ceil(roundsTime / milliseconds)));

async function timeOf(
  machine: Runner,
  program: number,
  feeds: ReadonlyMap<string, Float32Array>,
): Promise<number> {
  const start = performance.now();
  await machine.run(program, feeds);
  return performance.now() - start;
}

/** Values of all inputs: a block of noise, again and again. */
function noiseFeeds(sources: readonly ProgramSource[]): Map<string, Float32Array> {
  const random = new Random(0);
  const noise = Float32Array.from({ length: 4096 }, () => random.normal());
  const inputs = new Map(sources.flatMap((source) => source.inputs.map((i) => [i.name, i.shape])));
  return new Map([...inputs].map(([name, shape]) => [name, repeated(noise, sizeOf(shape))]));
}

function repeated(block: Float32Array, length: number): Float32Array {
  const values = new Float32Array(length);
  for (let start = 0; start < length; start += block.length) {
    values.set(block.subarray(0, length - start), start);
  }
  return values;
}
