/** 0.8273 as "82.7"; a share that rounds to nothing has no sign. */
export function inPercent(share: number): string {
  return (100 * share).toFixed(1).replace(/^-(?=0\.0$)/, "");
}
