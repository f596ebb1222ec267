/** What the operator asks of a worker about who publishes and plays; sessions/ answers. */
export interface SessionCalls {
  list(query: SessionListQuery): { readonly sessions: readonly ListedSession[]; total: number };
  kick(call: { stream: string; id: string; banSeconds: number }): {
    readonly isFound: boolean;
    readonly banned: BannedVisitorView | undefined;
  };
  /** How many sessions it ended. */
  ban(visitor: BannedVisitorView): number;
  /** What comes with Configure. */
  learn(told: { hlsKey: Buffer; bans: readonly BannedVisitorView[] }): void;
}

interface SessionListQuery {
  /** As `app/name`; empty: of all streams. */
  readonly stream: string;
  readonly limit: number;
  /** Those behind this id. */
  readonly after: string;
}

export interface BannedVisitorView {
  readonly address: string;
  readonly userAgent: string;
  readonly subject: string;
  readonly untilUnixMs: number;
}

export interface ListedSession {
  readonly id: string;
  readonly stream: string;
  readonly action: string;
  readonly protocol: string;
  readonly address: string;
  readonly userAgent: string;
  readonly subject: string;
  readonly isEncrypted: boolean;
  readonly startedUnixMs: number;
  readonly bytes: number;
  readonly areBytesEstimated: boolean;
  readonly skips: number;
  readonly traceId: string;
}
