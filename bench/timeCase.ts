/** Times one case: ours, a peer's and the machine's peak in turn. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Case } from "./cases.ts";
import { busySeconds, ownSeconds } from "./otherLoad.ts";
import { median, quartiles, round } from "./spread.ts";
import { type Figures, Stepper, StepperError } from "./stepper.ts";
import type { CaseFigures, PeerName, SideFigures } from "./stepsTable.ts";

export interface TimingOptions {
  /** Steps of each side. */
  readonly runs: number;
  readonly threads: number;
  /** Whether our algorithms are measured before. */
  readonly tune: boolean;
  /** Whom we are compared with, if anybody. */
  readonly peer: PeerName | undefined;
}

/** Python of Debian, which has Debian's python3-torch. */
export const python = "/usr/bin/python3";

/** Each side is a process of its own that lives until the last step. */
export async function timeCase(timed: Case, options: TimingOptions): Promise<CaseFigures> {
  const { runs, threads, tune } = options;
  const start = performance.now();
  const choices = tune ? choicesOf(timed, threads, "measured") : "[]";
  const tuneSeconds = (performance.now() - start) / 1000;
  const ours = await startOurs(timed, threads, choices);
  const peer = await startPeer(timed, options);
  const peak = await Stepper.start(process.execPath, ourScript("peak.ts", String(threads)));
  const times = await inTurn([peak, ours, ...(peer === undefined ? [] : [peer])], runs);
  const [peakTimes, ourTimes, peerTimes] = times.milliseconds;
  const [, ourEnd, peerEnd] = times.ends;
  const oursMs = median(ourTimes);
  const gflops = ours.ready.flops / oursMs / 1e6;
  const peakGflops = peakTimes.map((ms) => peak.ready.flops / ms / 1e6);
  return {
    case: timed.key,
    threads,
    runs,
    tune,
    ...(tune && { tuneSeconds: round(tuneSeconds) }),
    ours: sideFigures(ourTimes, timed.batchSize, ourEnd.peakBytes),
    loadMs: Math.round(ours.ready.loadMs),
    gigaflopsPerStep: round(ours.ready.flops / 1e9),
    gflops: Math.round(gflops),
    peakGflops: Math.round(median(peakGflops)),
    peakQuartiles: quartiles(peakGflops),
    shareOfPeak: round(gflops / median(peakGflops)),
    otherCores: round(times.otherCores),
    ...(options.peer !== undefined && {
      peer: {
        name: options.peer,
        ...sideFigures(peerTimes, timed.batchSize, peerEnd.peakBytes),
      },
      ratio: round(median(peerTimes) / oursMs),
      ratioQuartiles: quartiles(peerTimes.map((ms, i) => ms / ourTimes[i])),
      memoryRatio: round(ourEnd.peakBytes / peerEnd.peakBytes),
    }),
  };
}

/** Node's arguments for a script of ours. */
function ourScript(name: string, ...more: readonly string[]): string[] {
  return ["--import", "tsx", fileURLToPath(new URL(name, import.meta.url)), ...more];
}

/** The algorithms of a case, as JSON. */
function choicesOf({ key }: Case, threads: number, how: "measured" | "untuned"): string {
  const script = ourScript("caseChoices.ts", key, String(threads), how);
  const { status, stdout } = spawnSync(process.execPath, script, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) throw new StepperError(`${key}: choosing the algorithms has failed.`);
  return stdout;
}

function startOurs({ key }: Case, threads: number, choices: string): Promise<Stepper> {
  return Stepper.start(process.execPath, ourScript("stepsOurs.ts", key, String(threads), choices));
}

async function startPeer(
  timed: Case,
  { peer, threads }: TimingOptions,
): Promise<Stepper | undefined> {
  switch (peer) {
    case undefined:
      return undefined;
    case "untuned":
      return startOurs(timed, threads, choicesOf(timed, threads, "untuned"));
    case "pytorch": {
      const script = fileURLToPath(new URL("steps.py", import.meta.url));
      return Stepper.start(python, [script, timed.key, String(threads)]);
    }
  }
}

interface Times {
  /** Of each stepper, of each run. */
  readonly milliseconds: readonly (readonly number[])[];
  /** What each stepper said last. */
  readonly ends: readonly Figures[];
  /** Cores that other processes kept busy meanwhile. */
  readonly otherCores: number;
}

/** Asks all for one step, then all for the next; the first steps allocate memory and do not count. */
async function inTurn(steppers: readonly Stepper[], runs: number): Promise<Times> {
  const first: Figures[] = [];
  for (const stepper of steppers) first.push(await stepper.step());
  const window = { start: performance.now(), busy: busySeconds(), own: ownSeconds() };
  const steps: Figures[][] = steppers.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, stepper] of steppers.entries()) steps[i].push(await stepper.step());
  }
  const used = first.reduce(
    (total, { cpuSeconds }, i) => total + steps[i][runs - 1].cpuSeconds - cpuSeconds,
    ownSeconds() - window.own,
  );
  const seconds = (performance.now() - window.start) / 1000;
  const others = (busySeconds() - window.busy - used) / seconds;
  const ends: Figures[] = [];
  for (const stepper of steppers) ends.push(await stepper.end());
  return {
    milliseconds: steps.map((own) => own.map(({ ms }) => ms)),
    ends,
    otherCores: Math.max(0, others),
  };
}

/** The fastest says most on a machine with other work. */
function sideFigures(times: readonly number[], batchSize: number, peakBytes: number): SideFigures {
  const perImage = times.map((ms) => ms / batchSize);
  return {
    msPerImage: round(median(perImage)),
    quartiles: quartiles(perImage),
    fastest: round(Math.min(...perImage)),
    peakMegabytes: Math.round(peakBytes / 1e6),
  };
}
