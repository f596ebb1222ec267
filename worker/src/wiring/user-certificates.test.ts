import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Engine, TlsPair } from '../engine/engine.ts';
import { CredentialsVolume, TestAuthority, type KeyPair } from '../engine/testing/pki.ts';
import { ManualClock } from '../stream/clock.ts';
import { MemoryEngine } from '../stream/testing/memory-engine.ts';
import { UserCertificates } from './user-certificates.ts';

describe('UserCertificates', () => {
  let authority: TestAuthority;
  let pairs: KeyPair[];
  let volumes: CredentialsVolume[];
  let clock: ManualClock;
  let warnings: string[];
  let counted: string[];
  /** What each context has now, by the first of the pairs' index. */
  let shown: number[][];
  let failures: number;
  /** A pair that can be read, and that the engine does not take. */
  let refused: number;

  beforeAll(() => {
    authority = new TestAuthority('users');
    pairs = ['a.test', 'b.test', 'c.test'].map((name) => authority.issue(name));
    volumes = [new CredentialsVolume(), new CredentialsVolume()];
  });
  afterAll(() => {
    authority.close();
    for (const volume of volumes) volume.close();
  });
  beforeEach(() => {
    clock = new ManualClock();
    warnings = [];
    counted = [];
    shown = [];
    failures = 0;
    refused = -1;
    write(0, 0);
    write(1, 1);
  });

  function write(volume: number, pair: number): void {
    const { certificate, key } = pairs[pair]!;
    volumes[volume]!.write({ 'tls.crt': certificate, 'tls.key': key });
  }

  function numbersOf(given: readonly TlsPair[]): number[] {
    return given.map(({ certificate }) =>
      pairs.findIndex((pair) => pair.certificate === Buffer.from(certificate).toString()),
    );
  }

  /** Only what a set of certificates is asked for. */
  function engine(): Engine {
    const memory = new MemoryEngine();
    return Object.assign(memory, {
      tlsFailure: 'http request',
      stats: () => ({ tlsFailuresTotal: failures }),
      createTls: ({ certificates }: { certificates: readonly TlsPair[] }) => {
        const place = shown.push(numbersOf(certificates)) - 1;
        return {
          replace: (next: readonly TlsPair[]) => {
            const numbers = numbersOf(next);
            if (numbers.includes(refused)) throw new Error('the certificate cannot be read');
            shown[place] = numbers;
          },
        };
      },
    });
  }

  function open(folders = volumes.map(({ folder }) => folder)): UserCertificates {
    const certificates = UserCertificates.open({
      folders,
      engine: engine(),
      clock,
      log: pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) }),
      counters: { count: (code) => counted.push(code) },
    })!;
    onTestFinished(() => certificates.close());
    return certificates;
  }

  it('keeps the order of the folders, and takes what is new in them', () => {
    const certificates = open();
    expect(shown).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(certificates.expiresUnixMs).toBeGreaterThan(Date.now() + 86_400_000);
    write(1, 2);
    clock.advance(10_000);
    expect(shown).toEqual([
      [0, 2],
      [0, 2],
    ]);
    certificates.close();
    write(0, 2);
    clock.advance(60_000);
    expect(shown[0]).toEqual([0, 2]);
    expect(warnings).toEqual([]);
  });

  it('keeps one that became unusable, says so once, and still renews the other', () => {
    open();
    volumes[0]!.write({ 'tls.crt': pairs[0]!.certificate, 'tls.key': pairs[1]!.key });
    write(1, 2);
    clock.advance(30_000);
    expect(shown[0]).toEqual([0, 2]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('tls.key');
    expect(counted).toEqual(['TLS_CERTIFICATE_INVALID']);
    write(0, 1);
    clock.advance(10_000);
    expect(shown[0]).toEqual([1, 2]);
  });

  it('keeps one whose successor the engine refuses, and goes on renewing', () => {
    open();
    refused = 2;
    write(0, 2);
    clock.advance(30_000);
    expect(shown).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(warnings.filter((line) => line.includes('cannot be read'))).toHaveLength(1);
    write(1, 0);
    clock.advance(10_000);
    expect(shown[1]).toEqual([0, 0]);
    refused = -1;
    clock.advance(10_000);
    expect(shown[0]).toEqual([2, 0]);
  });

  it('does not start without one, and says which file is missing', () => {
    volumes[1]!.write({ 'tls.crt': pairs[0]!.certificate });
    const missing = { code: 'TLS_CERTIFICATE_INVALID', message: /\/tls\.key$/ };
    expect(() => open()).toThrow(expect.objectContaining({ code: missing.code }));
    expect(() => open()).toThrow(missing.message);
    expect(UserCertificates.open({ ...options(), folders: undefined })).toBeUndefined();
  });

  it('tells of handshakes that failed, once a second, with why and how many', () => {
    open();
    clock.advance(5_000);
    expect(warnings).toEqual([]);
    failures = 3;
    clock.advance(1_000);
    failures = 4;
    clock.advance(5_000);
    const lines = warnings.map((line) => JSON.parse(line) as object);
    const code = 'TLS_HANDSHAKE_FAILED';
    expect(lines).toMatchObject([
      { code, failures: 3, last: 'http request' },
      { code, failures: 1 },
    ]);
    expect(counted).toEqual([code, code, code, code]);
  });

  function options() {
    const log = pino({ level: 'silent' });
    return { engine: engine(), clock, log, counters: { count: () => undefined } };
  }
});
