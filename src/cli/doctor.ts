/** `gain doctor`: whether this machine has what `gain` needs. */
import type { Command } from "commander";
import type { Check, CheckStatus } from "./doctor/check.ts";
import { type Examination, examine } from "./doctor/examine.ts";
import { ExitStatus, exitStatus } from "./errors.ts";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check this machine: Node, processor, memory, devices, libraries, speed")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      '\nExits with 1 when something that is needed fails. What is "absent" is not needed: a device that\nonly --device would use, or what was not measured yet.',
    )
    .action(async (flags: { json?: boolean }) => {
      const examination = await examine();
      const text = flags.json ? `${JSON.stringify(examination)}\n` : doctorText(examination);
      process.stdout.write(text);
      if (!examination.isHealthy) throw new ExitStatus(exitStatus.failed);
    });
}

/** A line for each check, and below it what to do. */
export function doctorText({ version, checks }: Examination): string {
  const width = Math.max(...checks.map(({ id }) => id.length)) + 2;
  const lines = checks.map(({ id, status, text, fix }) => {
    const line = `${status.padEnd(9)}${id.padEnd(width)}${text}\n`;
    return fix === undefined ? line : `${line}${" ".repeat(9 + width)}${fix}.\n`;
  });
  return `gain ${version}\n${lines.join("")}${summary(checks)}\n`;
}

function summary(checks: readonly Check[]): string {
  const count = (wanted: CheckStatus): number =>
    checks.filter(({ status }) => status === wanted).length;
  if (count("failed") > 0) return `${count("failed")} failed: gain cannot train here`;
  const warnings = count("warning");
  return warnings === 0 ? "all is well" : `gain works here; ${warnings} could be better`;
}
