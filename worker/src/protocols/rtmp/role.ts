import type { Connection } from '../../engine/engine.ts';
import type { WorkerError, WorkerErrorCode } from '../../errors.ts';
import type { FrameKind } from '../../media/frame.ts';
import type { RtmpContext } from './context.ts';

/** What a publisher or player may do with its session. */
export interface RtmpPeer {
  readonly connection: Connection;
  readonly context: RtmpContext;
  send(message: Buffer): void;
  /** Tells the client why by a status, counts, logs and closes. */
  refuse(error: WorkerError, netCode: string): void;
  /** Bytes that arrive are kept until the cluster has decided. */
  hold(on: boolean): void;
  /** Counts and logs once what was wrong, without closing. */
  complain(code: WorkerErrorCode, detail?: string): void;
}

/** What a session became: a publisher or a player. */
export interface RtmpRole {
  onMedia(kind: FrameKind, timestampMs: number, buf: Buffer, start: number, end: number): void;
  onDataMessage(timestampMs: number, buf: Buffer, start: number, end: number): void;
  /** The client ended it in good order. */
  release(): void;
  /** The connection is gone. */
  lost(): void;
  /** Called about every second. True when it idled too long. */
  isIdle(nowMs: number): boolean;
}
