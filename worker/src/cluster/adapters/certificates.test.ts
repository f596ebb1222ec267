import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../stream/clock.ts';
import { CredentialsVolume, TestAuthority, type KeyPair } from '../../engine/testing/pki.ts';
import { Certificates } from './certificates.ts';

describe('Certificates', () => {
  let authority: TestAuthority;
  let first: KeyPair;
  let second: KeyPair;
  let volume: CredentialsVolume;
  let clock: ManualClock;
  let counted: string[];
  let warnings: number;
  let told: string[];

  beforeAll(() => {
    authority = new TestAuthority('one');
    first = authority.issue('a.test');
    second = authority.issue('b.test');
    volume = new CredentialsVolume();
  });
  afterAll(() => {
    authority.close();
    volume.close();
  });
  beforeEach(() => {
    clock = new ManualClock();
    counted = [];
    warnings = 0;
    told = [];
    volume.writeTls(authority.certificate, first);
  });

  function open(): Certificates {
    const certificates = new Certificates({
      folder: volume.folder,
      clock,
      log: pino({ level: 'warn' }, { write: () => void (warnings += 1) }),
      counters: { count: (code) => counted.push(code) },
    });
    certificates.addIdentityCertificateListener((update) => {
      const text = update?.certificate.toString();
      told.push(text === first.certificate ? 'first' : 'second');
    });
    return certificates;
  }

  it('reads at the start and whenever the files change', () => {
    const certificates = open();
    certificates.start();
    expect(certificates.expiresUnixMs).toBeGreaterThan(Date.now() + 86_400_000);
    clock.advance(20_000);
    expect(told).toEqual(['first']);
    volume.writeTls(authority.certificate, second);
    clock.advance(10_000);
    expect(told).toEqual(['first', 'second']);
    certificates.close();
    volume.writeTls(authority.certificate, first);
    clock.advance(60_000);
    expect(told).toEqual(['first', 'second']);
  });

  it('tells a listener that comes later at once', () => {
    const certificates = open();
    certificates.start();
    const bundles: (string | undefined)[] = [];
    const listen = (update: { caCertificate: Buffer } | null): void =>
      void bundles.push(update?.caCertificate.toString());
    certificates.addCaCertificateListener(listen);
    expect(bundles).toEqual([authority.certificate]);
    certificates.removeCaCertificateListener(listen);
    volume.writeTls(authority.certificate + authority.certificate, first);
    clock.advance(10_000);
    expect(bundles).toHaveLength(1);
    certificates.close();
  });

  it.each<[string, string, (files: Record<string, string>) => void]>([
    ['no certificate', 'tls.crt', (files) => delete files['tls.crt']],
    ['a key of another certificate', 'tls.key', (files) => (files['tls.key'] = second.key)],
    ['a key that is none', 'tls.key', (files) => (files['tls.key'] = 'x')],
    ['an empty bundle', 'ca.crt', (files) => (files['ca.crt'] = '')],
    ['a bundle cut off', 'ca.crt', (files) => (files['ca.crt'] = files['ca.crt']!.slice(0, 300))],
    [
      'a bundle with one bad part',
      'ca.crt',
      (files) => {
        const bad = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
        files['ca.crt'] = `${files['ca.crt'] ?? ''}${bad}`;
      },
    ],
  ])('keeps what it has when there is %s, and complains once', (_title, file, spoil) => {
    const certificates = open();
    certificates.start();
    const files = {
      'ca.crt': authority.certificate,
      'tls.crt': first.certificate,
      'tls.key': first.key,
    };
    spoil(files);
    volume.write(files);
    clock.advance(30_000);
    expect([told, counted, warnings]).toEqual([['first'], ['CREDENTIALS_INVALID'], 1]);
    certificates.close();
    expect(() => open().start()).toThrow(
      expect.objectContaining({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringContaining(file) as string,
      }),
    );
  });
});
