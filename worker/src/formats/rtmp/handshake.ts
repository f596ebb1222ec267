import {
  CLIENT_KEY,
  findDigest,
  HANDSHAKE_BYTES,
  SERVER_KEY,
  signResponse,
  writeDigest,
  type DigestSchema,
} from './digest.ts';

/** Makes that many random bytes; given from outside, so that tests repeat. */
export type RandomBytes = (count: number) => Buffer;

export type HandshakeStatus =
  /** More bytes are needed. */
  | 'waiting'
  /** `reply` must be sent. */
  | 'reply'
  | 'done'
  /** The first byte is not RTMP's: another protocol, or encrypted RTMP. */
  | 'not-rtmp';

const VERSION = 3;
const FIRST_BYTES = 1 + HANDSHAKE_BYTES;
/** Any version from 3.0 on in bytes 4 to 7 says: digests are understood. */
const SERVER_VERSION = 0x04_05_00_01;
const CLIENT_VERSION = 0x09_00_7c_02;
const NOTHING = Buffer.alloc(0);

/** Gathers a block of known size from pieces. */
class Block {
  readonly bytes: Buffer;
  private length = 0;

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  isWhole(): boolean {
    return this.length === this.bytes.length;
  }

  /** Returns where the bytes that do not belong to the block start. */
  take(buf: Buffer, start: number, end: number): number {
    const taken = buf.copy(this.bytes, this.length, start, end);
    this.length += taken;
    return start + taken;
  }
}

/**
 * Server's side (RTMP 1.0 section 5.2): C0 C1 in, S0 S1 S2 out, C2 in. Answers
 * with a digest to who sends one (Flash), else by the simple handshake. C2 is
 * not checked: some clients fill it with noise.
 */
export class ServerHandshake {
  /** Valid when push returned `reply`. */
  reply: Buffer = NOTHING;
  /** Where the last push stopped; bytes behind it belong to the next stage. */
  position = 0;
  private readonly random: RandomBytes;
  private readonly first = new Block(FIRST_BYTES);
  private readonly second = new Block(HANDSHAKE_BYTES);

  constructor(random: RandomBytes) {
    this.random = random;
  }

  /** Call again with the bytes from `position` on until it returns `waiting` or `done`. */
  push(buf: Buffer, start: number, end: number): HandshakeStatus {
    this.position = start;
    if (this.first.isWhole()) {
      this.position = this.second.take(buf, start, end);
      return this.second.isWhole() ? 'done' : 'waiting';
    }
    this.position = this.first.take(buf, start, end);
    if (end > start && this.first.bytes[0] !== VERSION) return 'not-rtmp';
    if (!this.first.isWhole()) return 'waiting';
    this.reply = this.answer(this.first.bytes.subarray(1));
    return 'reply';
  }

  private answer(c1: Buffer): Buffer {
    const versioned = c1.readUInt32BE(4) !== 0;
    const schema = versioned ? findDigest(c1, CLIENT_KEY) : undefined;
    const s1 = this.random(HANDSHAKE_BYTES);
    s1.writeUInt32BE(0, 0);
    s1.writeUInt32BE(schema === undefined ? 0 : SERVER_VERSION, 4);
    let s2: Buffer = Buffer.from(c1);
    if (schema !== undefined) {
      writeDigest(s1, schema, SERVER_KEY);
      s2 = this.random(HANDSHAKE_BYTES);
      signResponse(s2, c1, schema, 'server');
    }
    return Buffer.concat([Buffer.of(VERSION), s1, s2]);
  }
}

/** Client's side, for load generators, relays and tests. */
export class ClientHandshake {
  /** C0 C1 at first, C2 when push returned `reply`. */
  reply: Buffer;
  position = 0;
  /** S1 and S2 as received, for whoever wants to check them. */
  readonly s1: Buffer;
  readonly s2: Buffer;
  readonly c1: Buffer;
  private readonly answer = new Block(FIRST_BYTES + HANDSHAKE_BYTES);
  private readonly schema: DigestSchema | undefined;
  private readonly random: RandomBytes;

  constructor(random: RandomBytes, schema?: DigestSchema) {
    this.random = random;
    this.schema = schema;
    this.c1 = random(HANDSHAKE_BYTES);
    this.c1.writeUInt32BE(0, 0);
    this.c1.writeUInt32BE(schema === undefined ? 0 : CLIENT_VERSION, 4);
    if (schema !== undefined) writeDigest(this.c1, schema, CLIENT_KEY);
    this.reply = Buffer.concat([Buffer.of(VERSION), this.c1]);
    this.s1 = this.answer.bytes.subarray(1, FIRST_BYTES);
    this.s2 = this.answer.bytes.subarray(FIRST_BYTES);
  }

  /** `done` means: send `reply`, which is C2, and speak chunks from then on. */
  push(buf: Buffer, start: number, end: number): HandshakeStatus {
    this.position = this.answer.take(buf, start, end);
    if (end > start && this.answer.bytes[0] !== VERSION) return 'not-rtmp';
    if (!this.answer.isWhole()) return 'waiting';
    this.reply = this.respond();
    return 'done';
  }

  private respond(): Buffer {
    const digested = this.schema === undefined ? undefined : findDigest(this.s1, SERVER_KEY);
    if (digested === undefined) return Buffer.from(this.s1);
    const c2 = this.random(HANDSHAKE_BYTES);
    signResponse(c2, this.s1, digested, 'client');
    return c2;
  }
}
