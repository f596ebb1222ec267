import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Engine, TlsContext } from './engine.ts';
import { client, serve, testEngine, until } from './testing/fixture.ts';
import { TestAuthority, type KeyPair } from './testing/pki.ts';
import { contextOf, HTTP, pairOf, shake, tlsClient } from './testing/tls.ts';

describe('tls', () => {
  let authority: TestAuthority;
  let one: KeyPair;
  let two: KeyPair;
  let wild: KeyPair;

  beforeAll(() => {
    authority = new TestAuthority('users');
    one = authority.issue('one.test', 'also.test');
    two = authority.issue('two.test');
    wild = authority.issue('*.two.test', '*.three.test');
  });
  afterAll(() => authority.close());

  function echo(engine: Engine, tls: TlsContext): number {
    return serve(
      engine,
      (connection) => ({
        onData: (slab, start, end) => connection.write(slab.subarray(start, end)),
      }),
      { tls },
    );
  }

  it('shows a certificate that clients can verify, by TLS 1.3 and 1.2', async () => {
    const engine = testEngine();
    const port = echo(engine, contextOf(engine, one));
    const verified = { ca: authority.certificate, rejectUnauthorized: true };
    const newest = await shake(port, { ...verified, servername: 'one.test' });
    expect(newest).toMatchObject({ protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' });
    expect(newest.group).toBe('X25519');
    const older = { ...verified, servername: 'also.test', maxVersion: 'TLSv1.2' } as const;
    const cipher = 'ECDHE-ECDSA-AES128-GCM-SHA256';
    expect(await shake(port, older)).toMatchObject({ protocol: 'TLSv1.2', cipher });
    await expect(shake(port, { ...verified, servername: 'other.test' })).rejects.toThrow(
      /altnames/,
    );
  });

  it('is known of each connection, until it is over', async () => {
    const engine = testEngine();
    const seen: Connection[] = [];
    const keep = (connection: Connection) => {
      seen.push(connection);
      return {
        onData: (slab: Buffer, start: number, end: number) =>
          connection.write(slab.subarray(start, end)),
      };
    };
    await shake(serve(engine, keep, { tls: contextOf(engine, one) }), {});
    client(serve(engine, keep));
    await until('both are here', () => seen.length === 2);
    expect(seen.map(({ isEncrypted }) => isEncrypted)).toEqual([true, false]);
    seen[0]!.close();
    expect([seen[0]!.closed, seen[0]!.isEncrypted]).toEqual([true, true]);
  });

  it('refuses what is older than TLS 1.2, counts it and knows why', async () => {
    const engine = testEngine();
    const port = echo(engine, contextOf(engine, one));
    const old = {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    } as const;
    expect(engine.tlsFailure).toBe('');
    await expect(shake(port, old)).rejects.toThrow(/protocol version/);
    await until('counted', () => engine.stats().tlsFailuresTotal === 1);
    expect(engine.tlsFailure).toBe('unsupported protocol');
    expect(engine.stats()).toMatchObject({ tlsHandshakesTotal: 0, connections: 0 });
  });

  it.each([
    ['one.test', 'one.test'],
    ['also.test', 'one.test'],
    ['two.test', 'two.test'],
    ['a.two.test', '*.two.test'],
    ['a.three.test', '*.two.test'],
    ['three.test', 'one.test'],
    ['nobody.example', 'one.test'],
    ['', 'one.test'],
  ])('who asks for "%s" sees the certificate of %s', async (servername, name) => {
    const engine = testEngine();
    // The wildcard stands before the name that is written out, which wins.
    const port = echo(engine, contextOf(engine, one, wild, two));
    expect((await shake(port, { servername })).name).toBe(name);
  });

  it('agrees on a protocol, and refuses who offers only others', async () => {
    const engine = testEngine();
    const certificates = [pairOf(one)];
    const http = echo(engine, engine.createTls({ certificates, protocols: HTTP }));
    const offers = { ALPNProtocols: ['h2', 'http/1.1'] };
    expect((await shake(http, offers)).application).toBe('http/1.1');
    expect((await shake(http)).application).toBe(false);
    await expect(shake(http, { ALPNProtocols: ['h2'] })).rejects.toThrow(/application protocol/);
    const any = echo(engine, contextOf(engine, one));
    expect((await shake(any, offers)).application).toBe(false);
  });

  it('resumes sessions that another worker with the same certificate began', async () => {
    const [first, second] = [testEngine(), testEngine()];
    const begun = await shake(echo(first, contextOf(first, one, two)), { servername: 'two.test' });
    expect(begun).toMatchObject({ isResumed: false, session: expect.any(Buffer) as Buffer });
    const port = echo(second, contextOf(second, one, two));
    const { session } = begun;
    const again = await shake(port, { servername: 'two.test', session });
    expect(again.isResumed).toBe(true);
    expect(second.stats()).toMatchObject({ tlsHandshakesTotal: 1, tlsResumedTotal: 1 });
    const next = await shake(port, { servername: 'two.test', session: again.session });
    expect(next.isResumed).toBe(true);
    const stranger = echo(second, contextOf(second, two));
    expect((await shake(stranger, { servername: 'two.test', session })).isResumed).toBe(false);
  });

  it('gives no tickets by TLS 1.2, where they would hold the key of the session', async () => {
    const engine = testEngine();
    const port = echo(engine, contextOf(engine, one));
    const older = { maxVersion: 'TLSv1.2' } as const;
    const { session } = await shake(port, older);
    expect((await shake(port, { ...older, session })).isResumed).toBe(false);
  });

  it('shows a new certificate to newcomers, and keeps who is here', async () => {
    const engine = testEngine();
    const context = contextOf(engine, one);
    const port = echo(engine, context);
    const { socket, bytes } = tlsClient(port, { servername: 'one.test' });
    socket.write('before ');
    await until('echoed', () => bytes().toString() === 'before ');
    context.replace([pairOf(two)]);
    expect((await shake(port)).name).toBe('two.test');
    socket.write('after');
    await until('echoed', () => bytes().toString() === 'before after');
    expect(engine.stats()).toMatchObject({ tlsConnections: 1, tlsHandshakesTotal: 2 });
  });

  it('says which certificate is of no use, and keeps those that it has', async () => {
    const engine = testEngine();
    const context = contextOf(engine, one);
    const port = echo(engine, context);
    const good = pairOf(two);
    const mixed = { certificate: good.certificate, key: pairOf(one).key };
    const broken = { certificate: Buffer.from('nothing'), key: good.key };
    const code = 'TLS_CERTIFICATE_INVALID';
    for (const [pairs, message] of [
      [[good, mixed], /certificate 2: .*another certificate/],
      [[broken, good], /certificate 1: the certificate cannot be read/],
      [[], /there is no certificate/],
      [Array.from({ length: 65 }, () => good), /too many/],
    ] as const) {
      expect(() => context.replace(pairs)).toThrow(expect.objectContaining({ code }));
      expect(() => context.replace(pairs)).toThrow(message);
    }
    expect((await shake(port)).name).toBe('one.test');
    expect(() => engine.createTls({ certificates: [mixed] })).toThrow(/another certificate/);
    expect(() => engine.createTls({ certificates: [good], protocols: ['x'.repeat(70)] })).toThrow(
      RangeError,
    );
  });
});
