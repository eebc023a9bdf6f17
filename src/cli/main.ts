#!/usr/bin/env node
/** The command line: runs one command and turns errors into a line and an exit status. */
import { Command } from "commander";
import { addDoctor } from "./doctor.ts";
import { exitStatus, messageOf, statusOf } from "./errors.ts";

// A reader that has seen enough, as in `gain ... | head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitStatus.done);
});

// A command with something to save listens, too, and then decides itself.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(exitStatus.interrupted);
  });
}

try {
  const program = await loadProgram();
  await program.parseAsync();
} catch (error) {
  const message = messageOf(error);
  if (message !== undefined) process.stderr.write(`${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exitCode = statusOf(error);
}

/** `gain doctor` runs where the libraries that it examines do not load. */
async function loadProgram(): Promise<Command> {
  try {
    const { createProgram } = await import("./program.ts");
    return createProgram();
  } catch (error) {
    if (process.argv[2] !== "doctor") {
      const reason = (messageOf(error) ?? "").replace(/^gain: /, "").replace(/\.$/, "");
      throw new Error(`a library cannot be loaded (${reason}). gain doctor says what is amiss.`, {
        cause: error,
      });
    }
    const program = new Command("gain").exitOverride();
    addDoctor(program);
    return program;
  }
}
