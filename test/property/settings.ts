/** Every property test runs on the same examples each time. */
export const settings: { readonly seed: number; readonly numRuns: number } = {
  seed: 20180618,
  numRuns: 100,
};
