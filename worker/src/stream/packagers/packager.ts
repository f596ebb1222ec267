import type { Framing } from '../../engine/engine.ts';
import type { Frame } from '../../media/frame.ts';

/** Where a record goes: an EngineLog after reserve(), or a buffer of one's own. */
export interface Target {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** Writes frames as the records of one kind of log. */
export interface Packager {
  readonly framing: Framing;
  /** Bytes to reserve for a frame; 0 when this format does not carry it. */
  size(frame: Frame, dtsMs: number): number;
  /** Returns the bytes written, at most size(). */
  write(target: Target, frame: Frame, dtsMs: number, sequence: number): number;
}
