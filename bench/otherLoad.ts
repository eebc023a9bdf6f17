/** Other work on the machine while something is timed, which makes the figures worthless. */
import { cpus } from "node:os";

/** Seconds that all cores together have been busy since the machine started. */
export function busySeconds(): number {
  const milliseconds = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return milliseconds.reduce((total, own) => total + own, 0) / 1000;
}

/** Seconds of all cores that this process has used. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
