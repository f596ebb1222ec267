/** A signal of one's own that also follows another's, and a group's. */
export interface Abortable {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  /** Follows nobody any more. */
  release(): void;
}

/**
 * Many short-lived signals under a long-lived one. AbortSignal.any() would do,
 * but leaves something behind in the long-lived one each time.
 */
export class AbortGroup {
  private readonly members = new Set<AbortController>();
  private reason: Error | undefined = undefined;

  join(other?: AbortSignal): Abortable {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(other?.reason);
    if (this.reason !== undefined) controller.abort(this.reason);
    else if (other?.aborted === true) onAbort();
    other?.addEventListener('abort', onAbort, { once: true });
    this.members.add(controller);
    return {
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
      release: () => {
        other?.removeEventListener('abort', onAbort);
        this.members.delete(controller);
      },
    };
  }

  /** Those who join later are aborted at once. */
  abort(reason: Error): void {
    this.reason ??= reason;
    for (const member of this.members) member.abort(reason);
  }
}
