/** Answers that several ask for within a moment are made once. */
export class Recent<T> {
  private readonly keepMs: number;
  private readonly nowMs: () => number;
  private readonly kept = new Map<string, { readonly answer: Promise<T>; readonly atMs: number }>();

  constructor(keepMs: number, nowMs: () => number) {
    this.keepMs = keepMs;
    this.nowMs = nowMs;
  }

  /** A failure is kept as long: who does not answer is not asked by everybody. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const nowMs = this.nowMs();
    const present = this.kept.get(key);
    if (present !== undefined && nowMs - present.atMs < this.keepMs) return present.answer;
    this.forgetOld(nowMs);
    const answer = make();
    answer.catch(() => undefined);
    this.kept.delete(key);
    this.kept.set(key, { answer, atMs: nowMs });
    return answer;
  }

  /** The oldest are first. */
  private forgetOld(nowMs: number): void {
    for (const [key, { atMs }] of this.kept) {
      if (nowMs - atMs < this.keepMs) return;
      this.kept.delete(key);
    }
  }
}
