import type { Visit } from './visit.ts';

/** What a session came to. */
export interface SessionEnd {
  readonly id: string;
  readonly visit: Visit;
  readonly subject: string;
  readonly reason: string;
  readonly bytes: number;
  readonly durationMs: number;
}
