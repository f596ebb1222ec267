export interface BackOffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/** How long to wait after failures in a row: doubling, and never the same for two. */
export class BackOff {
  private readonly options: BackOffOptions;
  private failures = 0;

  constructor(options: BackOffOptions) {
    this.options = options;
  }

  get failuresInARow(): number {
    return this.failures;
  }

  nextMs(): number {
    const { firstMs, maxMs, random = Math.random } = this.options;
    const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.failures, 30));
    this.failures += 1;
    // Half of it at least: a wait of nothing would be a hot loop.
    return fullMs * (0.5 + random() / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}
