import type { Visit } from './visit.ts';

/** What a visitor was allowed. */
export interface Grant {
  /** Whom the token names; empty without one. */
  readonly subject: string;
  /** Infinity: as long as he likes. */
  readonly untilUnixMs: number;
  /** The callback that said yes; without: none was asked. */
  readonly askedUrl?: string;
}

/** Decides who may publish and play. */
export interface Gate {
  /** Throws or rejects with an ACCESS_ code; without a promise where nobody has to be
   * asked, so that a viewer starts at once. */
  admit(visit: Visit): Grant | Promise<Grant>;
  /** The same of somebody who counts already. */
  readmit(visit: Visit): Grant | Promise<Grant>;
  /** Not everybody may play what is published there. */
  guards(app: string): boolean;
}

export const EVERYBODY: Grant = { subject: '', untilUnixMs: Infinity };

/** Where there are no rules. */
export const openGate: Gate = {
  admit: () => EVERYBODY,
  readmit: () => EVERYBODY,
  guards: () => false,
};
