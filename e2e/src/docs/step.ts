import type { BlockName } from './blocks.ts';

/** What somebody does who follows a document, and what comes of it. */
export interface Step<Room> extends BlockName {
  /** It goes on in a terminal of its own: until it says so, or the stream is live. */
  readonly keeps?: { readonly says: RegExp } | { readonly live: string };
  /** What it writes. */
  readonly shows?: RegExp;
  readonly before?: (room: Room) => Promise<void> | void;
  readonly after?: (room: Room, output: string) => Promise<void> | void;
}

/** A block that is not run for itself. */
export interface NotRun extends BlockName {
  readonly because: string;
  /** The file of the repository that runs the same, and words of it by which that is known. */
  readonly insteadIn: string;
  readonly words: readonly string[];
}
