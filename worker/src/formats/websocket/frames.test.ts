import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WsFrameReader, type WsFrameError } from './frame-reader.ts';
import { writeWsHeader, wsCloseFrame, wsFrame, wsHeaderBytes } from './frame-writer.ts';
import { CloseCode, Opcode } from './opcode.ts';

interface Frame {
  opcode: number;
  isFinal: boolean;
  payload: Buffer;
}

function read(
  bytes: Buffer,
  options: { masked?: boolean; max?: number; size?: number } = {},
): { frames: Frame[]; error: WsFrameError | undefined } {
  const frames: Frame[] = [];
  const sink = {
    onFrame: (opcode: number, isFinal: boolean, payload: Buffer) =>
      void frames.push({ opcode, isFinal, payload: Buffer.from(payload) }),
  };
  const { masked = true, max = 70_000, size = bytes.length } = options;
  const reader = new WsFrameReader(sink, { masked, maxPayloadBytes: max });
  let error: WsFrameError | undefined;
  for (let at = 0; at < bytes.length; at += size) {
    error = reader.push(bytes, at, Math.min(bytes.length, at + size));
  }
  return { frames, error };
}

/** A frame as a client sends it. */
function clientFrame(opcode: number, payload: Buffer, isFinal = true): Buffer {
  const mask = Buffer.from([0x11, 0x22, 0x33, 0x44]);
  const header = Buffer.alloc(wsHeaderBytes(payload.length));
  writeWsHeader(header, 0, opcode, payload.length);
  if (!isFinal) header[0] = (header[0] ?? 0) & 0x7f;
  header[1] = (header[1] ?? 0) | 0x80;
  const masked = Buffer.from(payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0)));
  return Buffer.concat([header, mask, masked]);
}

describe('WsFrameReader', () => {
  it('reads the examples of RFC 6455 5.7', () => {
    const masked = Buffer.from('818537fa213d7f9f4d5158', 'hex');
    const hello = { opcode: Opcode.text, isFinal: true, payload: Buffer.from('Hello') };
    expect(read(masked)).toEqual({ frames: [hello], error: undefined });
    expect(read(masked, { size: 1 }).frames).toEqual([hello]);
    expect(read(Buffer.from('810548656c6c6f', 'hex'), { masked: false }).frames).toEqual([hello]);
  });

  it.each([0, 1, 125, 126, 65_535, 65_536])('round-trips %i bytes', (bytes) => {
    const payload = Buffer.alloc(bytes, 0xa5);
    const wanted = [{ opcode: Opcode.binary, isFinal: true, payload }];
    expect(read(clientFrame(Opcode.binary, payload)).frames).toEqual(wanted);
    expect(read(wsFrame(Opcode.binary, payload), { masked: false, size: 997 }).frames).toEqual(
      wanted,
    );
  });

  it('reads any frames, however they are split', () => {
    const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(payload), fc.integer({ min: 1, max: 400 }), (payloads, size) => {
        const bytes = Buffer.concat(payloads.map((data) => clientFrame(Opcode.binary, data)));
        expect(read(bytes, { size }).frames.map((frame) => frame.payload)).toEqual(payloads);
      }),
    );
  });

  it('lets control frames come between fragments', () => {
    const bytes = Buffer.concat([
      clientFrame(Opcode.text, Buffer.from('a'), false),
      clientFrame(Opcode.ping, Buffer.from('p')),
      clientFrame(Opcode.continuation, Buffer.from('b')),
    ]);
    expect(read(bytes).frames.map(({ opcode, isFinal }) => [opcode, isFinal])).toEqual([
      [Opcode.text, false],
      [Opcode.ping, true],
      [Opcode.continuation, true],
    ]);
  });

  it.each<[WsFrameError, string]>([
    ['reserved-bits', 'c18000000000'],
    ['opcode-unknown', '8380'],
    ['opcode-unknown', '8b80'],
    ['masking-wrong', '810161'],
    ['control-malformed', '0980'],
    ['control-malformed', '89fe'],
    ['length-malformed', '82fe007d00000000'],
    ['length-malformed', '82ff000000000000ffff00000000'],
    ['too-large', '82ff00000000000200000000ffff'],
    ['too-large', '82ffffffffffffffffff00000000'],
    ['fragment-unexpected', '8080'],
    ['fragment-unexpected', '01800000000081800000'],
  ])('says %s of %s and takes no more', (error, hex) => {
    const bytes = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(20)]);
    expect(read(bytes, { size: 1 }).error).toBe(error);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.boolean(), (bytes, masked) => {
        for (const { payload } of read(Buffer.from(bytes), { masked, max: 200 }).frames) {
          expect(payload.length).toBeLessThanOrEqual(200);
        }
      }),
    );
  });
});

describe('wsCloseFrame', () => {
  it('says code and reason', () => {
    const frame = wsCloseFrame(CloseCode.goingAway, 'draining');
    expect(frame.toString('hex', 0, 4)).toBe('880a03e9');
    expect(frame.toString('utf8', 4)).toBe('draining');
  });

  it('cuts a long reason between characters', () => {
    const frame = wsCloseFrame(CloseCode.normal, 'é'.repeat(100));
    expect(frame.length).toBeLessThanOrEqual(127);
    expect(frame.toString('utf8', 4)).toBe('é'.repeat(61));
  });
});
