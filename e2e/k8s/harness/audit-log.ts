import fs from 'node:fs';

/** One request, as the API server's audit log has it. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly stage: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** What one user asked an API server for. */
export class AuditLog {
  private readonly file: string;
  private readonly user: string;

  constructor(file: string, user: string) {
    this.file = file;
    this.user = user;
  }

  /** Each request once, those that came since then. */
  since(unixMs: number): AuditEvent[] {
    return this.all().filter((event) => Date.parse(event.requestReceivedTimestamp) >= unixMs);
  }

  all(): AuditEvent[] {
    const lines = fs.readFileSync(this.file, 'utf8').split('\n');
    return lines
      .filter((line) => line.includes(this.user))
      .map((line) => parse(line))
      .filter((event) => event !== undefined)
      .filter((event) => event.user.username === this.user && isFirstWord(event));
  }

  /** Requests of a kind since then, as `create pods`: how many. */
  table(unixMs: number): Record<string, number> {
    const counts = new Map<string, number>();
    for (const event of this.since(unixMs)) {
      const key = nameOf(event);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** As `patch streamclusters/status`. */
export function nameOf({ verb, objectRef = {} }: AuditEvent): string {
  const { resource = '', subresource } = objectRef;
  return `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;
}

/** A watch is in the log when it begins and when it ends. */
function isFirstWord({ verb, stage }: AuditEvent): boolean {
  if (stage === 'ResponseStarted') return true;
  return stage === 'ResponseComplete' && verb !== 'watch';
}

/** The last line may be half of one. */
function parse(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}
