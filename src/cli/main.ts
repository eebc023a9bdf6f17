#!/usr/bin/env node
/** The command line: runs one command and turns errors into a line and an exit status. */
import { exitStatus, messageOf, statusOf } from "./errors.ts";
import { createProgram } from "./program.ts";

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
  await createProgram().parseAsync();
} catch (error) {
  const message = messageOf(error);
  if (message !== undefined) process.stderr.write(`${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exitCode = statusOf(error);
}
