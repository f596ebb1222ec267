import { PluginError } from '../errors.ts';
import type { Session } from '../session.ts';

export interface WaitFlags {
  readonly wait?: boolean;
  /** 0: as long as it takes. */
  readonly timeoutSeconds: number;
}

/** How far it is: what to tell, and how it ended if it did. */
export interface Progress {
  readonly text: string;
  readonly end?: 'done' | PluginError;
}

const LOOK_MS = 1_000;

/** Looks until it ended; tells what changed, once. */
export async function waitFor(
  session: Session,
  { timeoutSeconds }: WaitFlags,
  look: () => Promise<Progress>,
): Promise<void> {
  const { io } = session;
  const startMs = io.unixMs();
  let told = '';
  for (;;) {
    const { text, end } = await look();
    if (text !== told) session.note(text);
    told = text;
    if (end === 'done') return;
    if (end !== undefined) throw end;
    const seconds = (io.unixMs() - startMs) / 1000;
    if (timeoutSeconds > 0 && seconds >= timeoutSeconds) {
      throw new PluginError(
        'TIMEOUT',
        `not done within ${timeoutSeconds} s; it goes on without you`,
      );
    }
    await io.sleep(LOOK_MS);
  }
}
