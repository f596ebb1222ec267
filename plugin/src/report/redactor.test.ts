import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.ts';

const JWT = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJYWFgifQ.c2lnbmF0dXJl-x_1';
const SEED = `SUAIBDPBAUTWCWBKIO6XHQNINK5FWJW4OHLXC3HQ2KFE4PEJUA44CNHTC4`;
const PEM = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg
SGVsbG8gdGhlcmUsIHRoaXMgaXMgbm8ga2V5IGF0IGFsbCE=
-----END PRIVATE KEY-----`;
const CREDS = `-----BEGIN NATS USER JWT-----
${JWT}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${SEED}
------END USER NKEY SEED------`;

const redactor = new Redactor({ hidesAddresses: false });

describe('Redactor.text', () => {
  it.each([
    ['a password in a URL', 'connecting to nats://user:HIDDEN@nats.example:4222'],
    ['a token in a URL', 'tls://HIDDEN@nats.example:4222 refused'],
    ['a password with marks in a URL', 'nats://u:HIDDEN/p?a#b"@x@nats:4222'],
    ['a query', 'GET /live/news.flv?auth_key=HIDDEN&x=1 200'],
    ['any query of a publisher', 'publish rtmp://media/live/news?k=HIDDEN'],
    ['a query without a name', 'publish live/news?HIDDEN'],
    ['a header', 'Authorization: Token HIDDEN and more HIDDEN'],
    ['a bearer', 'sent Bearer HIDDEN-x.y to it'],
    ['a cookie', 'cookie: a=HIDDEN; b=HIDDEN'],
    ['an assignment', 'DB_PASSWORD=HIDDEN npm start'],
    ['a quoted assignment', `password = "HIDDEN with HIDDEN"`],
    ['a quote that never ends', `password = "HIDDEN with HIDDEN`],
    ['JSON', `x {"clientSecret": "HIDDEN\\"HIDDEN", "a": 1}`],
    ['JSON in JSON', String.raw`{"body":"{\"apiKey\":\"HIDDEN\",\"a\":1}"}`],
    ['a flag', 'worker --api-key HIDDEN --x'],
    ['YAML', 'stream-key:   HIDDEN'],
  ])('takes out %s', (_what, text) => {
    const redacted = redactor.text(text.replaceAll('HIDDEN', 'Tr0ub4dor'));
    expect(redacted).not.toContain('Tr0ub4dor');
    expect(redacted).toContain('REDACTED');
  });

  it.each([
    ['a web token', JWT],
    ['a seed', SEED],
    ['a private key', PEM],
    ['credentials of NATS', CREDS],
  ])('takes out %s, whole and from the middle of it', (_what, secret) => {
    for (const text of [`before ${secret} after`, secret]) {
      const redacted = redactor.text(text);
      const pieces = secret.split(/\s+/).filter((piece) => /^[\w.+/=-]{20,}$/.test(piece));
      for (const piece of pieces) expect(redacted).not.toContain(piece);
    }
    expect(redactor.text(`before ${secret} after`)).toMatch(/^before .*/);
  });

  it('takes out a key whose beginning or end was cut off', () => {
    const [, first = '', second = ''] = PEM.split('\n');
    const tail = redactor.log(PEM.split('\n').slice(1).join('\n'));
    const head = redactor.log(`${PEM.split('\n').slice(0, 2).join('\n')}\n{"msg":"goes on"}`);
    expect(tail).not.toContain(first);
    expect(tail).not.toContain(second);
    expect(head).not.toContain(first);
    expect(head).toContain('goes on');
  });

  it.each([
    'worker live-0-1 ready on 10.0.0.7:9090',
    'GET /api/v1/pods?limit=500&labelSelector=a%3Db 200',
    'secret "live-0-1" not found',
    '1920x1080 avc1.64001f 2.1 Mb/s, keyframe every 2 s',
    '-----BEGIN CERTIFICATE-----',
    'pinned to CPU 3 of 0-7',
  ])('leaves %s', (text) => {
    expect(redactor.text(text)).toBe(text);
    expect(redactor.log(text)).toBe(text);
  });

  it('is fast on long lines of anything', () => {
    const startMs = performance.now();
    for (const piece of ['a', 'token', '://', '-----BEGIN X-----', 'eyJaaaaaa.', 'a=', '"', '?']) {
      redactor.log(piece.repeat(200_000 / piece.length));
    }
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

describe('Redactor.resource', () => {
  it('keeps what only names a Secret', () => {
    const pod = {
      spec: {
        imagePullSecrets: [{ name: 'registry' }],
        automountServiceAccountToken: false,
        volumes: [
          { secret: { secretName: 'live-0-1', items: [{ key: 'tls.key', path: 'tls.key' }] } },
          {
            projected: {
              sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 9 } }],
            },
          },
        ],
        containers: [
          {
            env: [
              { name: 'SC_CREDENTIALS_DIR', value: '/etc/streamcluster/credentials' },
              { name: 'X_TOKEN', valueFrom: { secretKeyRef: { name: 'x', key: 'token' } } },
            ],
          },
        ],
        tolerations: [{ key: 'node.kubernetes.io/not-ready' }],
        nats: { credentialsSecretName: 'live-nats' },
      },
    };
    expect(redactor.resource(pod)).toEqual(pod);
  });

  it('takes out values of environments, arguments, and fields with telling names', () => {
    const text = JSON.stringify(
      redactor.resource({
        spec: {
          nats: { url: 'nats://user:HIDDEN@nats:4222' },
          containers: [
            {
              env: [{ name: 'ADMIN_PASSWORD', value: 'HIDDEN' }],
              args: ['--token', 'HIDDEN', '--secret=HIDDEN', 'x'],
            },
          ],
        },
        data: { password: { nested: 'HIDDEN' }, tokens: ['HIDDEN'], secret: 'HIDDEN' },
        metadata: {
          annotations: { 'example.com/api-key': 'HIDDEN' },
          managedFields: ['HIDDEN'],
        },
      }),
    );
    expect(text).not.toContain('HIDDEN');
    expect(text).toContain('"x"');
  });
});

describe('Redactor.log', () => {
  it('takes lines of JSON apart', () => {
    const line = JSON.stringify({
      msg: 'opened',
      key: 'HIDDEN',
      err: { auth: 'HIDDEN' },
      viewers: 3,
    });
    expect(JSON.parse(redactor.log(line))).toEqual({
      msg: 'opened',
      key: 'REDACTED',
      err: { auth: 'REDACTED' },
      viewers: 3,
    });
  });

  it('takes them apart behind a time too', () => {
    const time = '2026-11-25T12:00:00.123456789Z ';
    const line = `${time}${JSON.stringify({ key: 'HIDDEN', a: 1 })}`;
    expect(redactor.log(line)).toBe(`${time}{"key":"REDACTED","a":1}`);
  });

  it('bounds what one line may take', () => {
    expect(redactor.log('x y '.repeat(10_000)).length).toBeLessThan(17_000);
  });

  /** Anything that can stand in a password; no piece of it is in the frames. */
  const secretArbitrary = fc
    .string({
      unit: fc.constantFrom(...Array.from('QZqz0789+/=_-~!$*')),
      minLength: 8,
      maxLength: 40,
    })
    .filter((secret) => /^[Qq0]/.test(secret));
  const frames: readonly ((secret: string) => string)[] = [
    (secret) => `nats://user:${secret}@host:4222`,
    (secret) => `rtmp://host/live/news?token=${encodeURIComponent(secret)}`,
    (secret) => `PASSWORD=${secret}`,
    (secret) => `api_key: "${secret}"`,
    (secret) => JSON.stringify({ level: 30, session: { accessToken: secret } }),
    (secret) => JSON.stringify({ msg: `failed with Authorization: Bearer ${secret}` }),
    (secret) => JSON.stringify({ msg: JSON.stringify({ password: secret }) }),
    (secret) => JSON.stringify({ args: ['--password', secret] }),
    (secret) => JSON.stringify({ env: [{ name: 'STREAM_KEY', value: secret }] }),
    (secret) => `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
    (secret) => `Set-Cookie: id=${secret}; Path=/`,
  ];

  it('lets no secret through, whatever it is and wherever it stands', () => {
    fc.assert(
      fc.property(
        secretArbitrary,
        fc.array(fc.constantFrom(...frames), { minLength: 1, maxLength: 4 }),
        (secret, some) => {
          const redacted = redactor.log(some.map((frame) => frame(secret)).join('\n'));
          expect(redacted).not.toContain(secret);
          expect(redacted).not.toContain(encodeURIComponent(secret));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('Redactor of addresses', () => {
  const hiding = new Redactor({ hidesAddresses: true });

  it('gives the same name to the same address, and none to loopback', () => {
    const text = 'from 203.0.113.7:5000 to [2001:db8::1]:80, 203.0.113.7 again, 127.0.0.1 and ::1';
    expect(hiding.text(text)).toMatch(
      /^from (address-\d):5000 to \[(address-\d)\]:80, \1 again, 127\.0\.0\.1 and ::1$/,
    );
    expect(hiding.log(JSON.stringify({ peer: '::ffff:203.0.113.9' }))).not.toContain('203.0');
  });

  it('leaves times, versions and CPUs', () => {
    const text = '2026-11-25T01:47:09.123Z v1.34.4 0-3 12:30:01 app:8080 1.2.3';
    expect(hiding.text(text)).toBe(text);
  });
});
