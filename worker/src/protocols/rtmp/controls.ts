import { RtmpMessageType, UserControlEvent } from '../../formats/rtmp/message-type.ts';
import { userControl } from './messages.ts';

/** Acknowledge at least this often, whatever window the client names. */
export const DEFAULT_WINDOW_BYTES = 2_500_000;

/** What control messages do to their session. */
export interface ControlTarget {
  windowBytes: number;
  send(message: Buffer): void;
}

/**
 * Obeys window sizes and pings (RTMP 1.0 sections 5.4.4 and 7.1.7). The rest
 * (acknowledgements, buffer lengths, pongs) needs no action: the kernel knows
 * what arrived, and the lag bound is ours.
 */
export function runControl(target: ControlTarget, typeId: number, body: Buffer): void {
  if (typeId === RtmpMessageType.windowAcknowledgementSize && body.length >= 4) {
    const window = body.readUInt32BE(0);
    if (window > 0) target.windowBytes = Math.min(window, DEFAULT_WINDOW_BYTES);
  } else if (typeId === RtmpMessageType.userControl && body.length >= 6) {
    if (body.readUInt16BE(0) !== UserControlEvent.pingRequest) return;
    target.send(userControl(UserControlEvent.pingResponse, body.readUInt32BE(2)));
  }
}
