import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDigest, isResponseRight, SERVER_KEY } from './digest.ts';
import { ClientHandshake, ServerHandshake } from './handshake.ts';

/** Repeatable noise. */
function noise(seed: string): (count: number) => Buffer {
  let round = 0;
  return (count) => {
    const out = Buffer.alloc(count);
    for (let at = 0; at < count; at += 32) {
      createHash('sha256').update(`${seed}${round++}`).digest().copy(out, at);
    }
    return out;
  };
}

/** Lets both sides talk, with bytes cut into pieces. Returns what C2 was followed by. */
function talk(client: ClientHandshake, server: ServerHandshake, pieceBytes: number): string {
  const extra = Buffer.from('chunks');
  const toServer = [client.reply];
  let isClientDone = false;
  let left = '';
  const feedClient = (reply: Buffer) => {
    for (let at = 0; at < reply.length; at += pieceBytes) {
      const status = client.push(reply, at, Math.min(reply.length, at + pieceBytes));
      if (status === 'done') isClientDone = true;
    }
    expect(isClientDone).toBe(true);
    toServer.push(Buffer.concat([client.reply, extra]));
  };
  for (let bytes = toServer.shift(); bytes !== undefined; bytes = toServer.shift()) {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const end = Math.min(bytes.length, at + pieceBytes);
      const status = server.push(bytes, at, end);
      if (status === 'reply') feedClient(server.reply);
      if (status === 'done') left += bytes.toString('latin1', server.position, end);
    }
  }
  return left;
}

describe('handshake', () => {
  it.each([
    ['simple', undefined],
    ['digest schema 0', 0],
    ['digest schema 1', 1],
  ] as const)('%s works both ways, however it is split', (_name, schema) => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 5000 }), fc.string(), (pieceBytes, seed) => {
        const client = new ClientHandshake(noise(`c${seed}`), schema);
        const server = new ServerHandshake(noise(`s${seed}`));
        const left = talk(client, server, pieceBytes);
        expect(left).toBe('chunks');
        expect(findDigest(client.s1, SERVER_KEY)).toBe(schema);
        if (schema === undefined) expect(client.s2).toEqual(client.c1);
        else expect(isResponseRight(client.s2, client.c1, schema, 'server')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('works byte by byte', () => {
    const server = new ServerHandshake(noise('s'));
    expect(talk(new ClientHandshake(noise('c'), 1), server, 1)).toBe('chunks');
  });

  it('answers simply when the digest is wrong', () => {
    const client = new ClientHandshake(noise('c'), 0);
    client.c1[1000] = (client.c1[1000] ?? 0) ^ 1;
    client.reply = Buffer.concat([Buffer.of(3), client.c1]);
    talk(client, new ServerHandshake(noise('s')), 4096);
    expect(client.s2).toEqual(client.c1);
    expect(client.s1.readUInt32BE(4)).toBe(0);
  });

  it.each(['GET / HTTP/1.1\r\n', '\x16\x03\x01', '\x06', '\x00'])('refuses %j at once', (text) => {
    const bytes = Buffer.from(text, 'latin1');
    const server = new ServerHandshake(noise('s'));
    expect(server.push(bytes, 0, bytes.length)).toBe('not-rtmp');
  });

  it('waits for a half one', () => {
    const server = new ServerHandshake(noise('s'));
    expect(server.push(Buffer.of(3, 0, 0), 0, 3)).toBe('waiting');
    expect(server.push(Buffer.alloc(1000), 0, 1000)).toBe('waiting');
  });
});
