/** A process that does one timed step whenever it is asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class StepperError extends Error {
  override name = "StepperError";
}

/**
 * The process prints `{"ready":true}` once it is, then for each line `step` on its standard input a
 * line `{"ms":…}`, and for `end` a line `{"peakBytes":…}` before it ends.
 */
export class Stepper {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  /** @throws {StepperError} When the program cannot be run or ends before it is ready. */
  static async start(command: string, parameters: readonly string[]): Promise<Stepper> {
    const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    const failed = new Promise<never>((_, reject) => {
      child.on("error", ({ message }) => reject(new StepperError(message)));
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const stepper = new Stepper(child, lines);
    await Promise.race([stepper.#answer("ready"), failed]);
    return stepper;
  }

  /** Does one step and returns its time in milliseconds. */
  async step(): Promise<number> {
    this.#child.stdin?.write("step\n");
    return Number(await this.#answer("ms"));
  }

  /** Ends the process and returns the most memory that it held, in bytes. */
  async end(): Promise<number> {
    this.#child.stdin?.end("end\n");
    return Number(await this.#answer("peakBytes"));
  }

  async #answer(key: string): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new StepperError(`the process ended before it answered "${key}".`);
    return (JSON.parse(value) as Record<string, unknown>)[key];
  }
}
