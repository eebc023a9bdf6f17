/** A process that does one timed step whenever it is asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class StepperError extends Error {
  override name = "StepperError";
}

/** What a process says of itself, by name. */
export type Figures = Readonly<Record<string, number>>;

/**
 * The process prints a line of JSON with its figures once it is ready, then one with `ms` for each line
 * `step` on its standard input, and for `end` one with `peakBytes` before it ends. All have
 * `cpuSeconds`, what it has used of all cores so far.
 */
export class Stepper {
  /** What it said when it was ready. */
  readonly ready: Figures;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ready: Figures) {
    this.#child = child;
    this.#lines = lines;
    this.ready = ready;
  }

  /** @throws {StepperError} When the program cannot be run or ends before it is ready. */
  static async start(command: string, parameters: readonly string[]): Promise<Stepper> {
    const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    const failed = new Promise<never>((_, reject) => {
      child.on("error", ({ message }) => reject(new StepperError(message)));
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Stepper(child, lines, await Promise.race([nextFigures(lines), failed]));
  }

  /** Does one step. */
  step(): Promise<Figures> {
    this.#child.stdin?.write("step\n");
    return nextFigures(this.#lines);
  }

  /** Ends the process, waits until it is gone and returns what it says last. */
  async end(): Promise<Figures> {
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end("end\n");
    const figures = await nextFigures(this.#lines);
    await exited;
    return figures;
  }
}

async function nextFigures(lines: AsyncIterator<string>): Promise<Figures> {
  const { value, done } = await lines.next();
  if (done) throw new StepperError("the process ended before it answered.");
  return JSON.parse(value) as Figures;
}
