import type { StreamName } from '../media/stream-name.ts';

/** The path element in front of a segment's file, which only those learn who may have the
 * playlist. Empty: there is none. A function of its arguments, on all workers. */
export type SegmentKey = (name: StreamName, sequence: number) => string;

/** For those who play to everybody. */
export const noSegmentKey: SegmentKey = () => '';
