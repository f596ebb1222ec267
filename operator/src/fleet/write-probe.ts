import type { Bucket } from './bus-link.ts';

/** At one look each: longer than a server takes to start, or to change its leader. */
const MAX_FAILURES = 3;
/** Whoever may not write learns nothing of the bucket, and must not have it made anew. */
const NO_RIGHT = ['PermissionViolationError', 'AuthorizationError'];

/** Whether a bucket takes what is written; it may answer questions and store nothing. */
export class WriteProbe {
  private failures = 0;

  async look(bucket: Pick<Bucket, 'probe'>): Promise<'well' | 'failing' | 'broken' | 'unknown'> {
    try {
      await bucket.probe();
      this.failures = 0;
      return 'well';
    } catch (error) {
      if (isOfRights(error)) return 'unknown';
      this.failures += 1;
      if (this.failures < MAX_FAILURES) return 'failing';
      this.failures = 0;
      return 'broken';
    }
  }
}

function isOfRights(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return NO_RIGHT.includes(error.name) || isOfRights(error.cause);
}
