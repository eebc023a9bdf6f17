export interface DatasetOptions {
  /** Names of the classes to use, in this order; others become background. All by default. */
  readonly classes?: readonly string[] | undefined;
  /** A folder of masks `<id>.png` to use in place of the data set's own. */
  readonly masks?: string | undefined;
}
