import { MAX_CONTROL_BYTES, Opcode, type CloseCode } from './opcode.ts';

const FIN = 0x80;

/** Bytes of an unmasked frame's header (RFC 6455 section 5.2). */
export function wsHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}

/** Header of an unfragmented, unmasked frame. Returns the bytes written. */
export function writeWsHeader(
  out: Buffer,
  at: number,
  opcode: number,
  payloadBytes: number,
): number {
  const headerBytes = wsHeaderBytes(payloadBytes);
  out[at] = FIN | opcode;
  if (headerBytes === 2) {
    out[at + 1] = payloadBytes;
  } else if (headerBytes === 4) {
    out[at + 1] = 126;
    out.writeUInt16BE(payloadBytes, at + 2);
  } else {
    out[at + 1] = 127;
    out.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), at + 2);
    out.writeUInt32BE(payloadBytes % 2 ** 32, at + 6);
  }
  return headerBytes;
}

/** A whole unmasked frame. */
export function wsFrame(opcode: number, payload: Buffer): Buffer {
  const out = Buffer.alloc(wsHeaderBytes(payload.length) + payload.length);
  payload.copy(out, writeWsHeader(out, 0, opcode, payload.length));
  return out;
}

/** A close frame; the reason is cut to what fits, between characters. */
export function wsCloseFrame(code: CloseCode, reason: string): Buffer {
  let text = reason;
  while (Buffer.byteLength(text) > MAX_CONTROL_BYTES - 2) text = text.slice(0, -1);
  const payload = Buffer.alloc(2 + Buffer.byteLength(text));
  payload.writeUInt16BE(code, 0);
  payload.write(text, 2);
  return wsFrame(Opcode.close, payload);
}
