import fs from 'node:fs';

/** One request, as the API server notes it. */
interface AuditEvent {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly requestReceivedTimestamp: string;
}

/** How many requests a user agent made in a time, by `verb resource`. */
export class AuditTally {
  readonly total: number;
  readonly byKind: ReadonlyMap<string, number>;

  private constructor(byKind: ReadonlyMap<string, number>) {
    this.byKind = byKind;
    this.total = [...byKind.values()].reduce((sum, count) => sum + count, 0);
  }

  static of(auditLog: string, userAgent: string, fromMs: number, toMs: number): AuditTally {
    const byKind = new Map<string, number>();
    for (const line of fs.readFileSync(auditLog, 'utf8').split('\n')) {
      // Most lines are of others, and parsing is slow.
      if (!line.includes(userAgent)) continue;
      const event = JSON.parse(line) as AuditEvent;
      const atMs = Date.parse(event.requestReceivedTimestamp);
      if (event.userAgent !== userAgent || atMs < fromMs || atMs >= toMs) continue;
      const kind = kindOf(event);
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
    }
    return new AuditTally(byKind);
  }

  /** Most frequent first. */
  toString(): string {
    const kinds = [...this.byKind].sort(([, a], [, b]) => b - a);
    return kinds.map(([kind, count]) => `${count} ${kind}`).join(', ');
  }
}

function kindOf({ verb, objectRef }: AuditEvent): string {
  const { resource = 'other', subresource } = objectRef ?? {};
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}
