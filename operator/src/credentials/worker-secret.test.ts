import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuthorityView } from './authority.ts';
import { issuedMs, notAfterMs, notBeforeMs, renewAtMs } from './certificate.ts';
import { issueLeaf } from './issue.ts';
import { OPERATOR_NAME, workersName } from './names.ts';
import { NatsAccounts, type NatsAccountsView } from './nats-accounts.ts';
import type { SecretData } from './secret-store.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { AuthorityRig, LIVE, MINUTE_MS, SHORT_TIMES, silent } from './testing/rig.ts';
import {
  makeWorkerSecret,
  workerSecretFault,
  type NatsCredentials,
  type WorkerSecretInput,
} from './worker-secret.ts';

const NOW_MS = Date.now();
const IDENTITY = { ...LIVE, pod: 'live-0-1' };
const NAMES = [
  'live-0-1.live.media.streamcluster.internal',
  'workers.live.media.streamcluster.internal',
];

let view: AuthorityView;
let accounts: NatsAccountsView;
let ours: NatsCredentials;
let input: WorkerSecretInput;
let secret: SecretData;
let leaf: X509Certificate;

async function newAccounts(): Promise<NatsAccountsView> {
  const store = new MemoryStore();
  const place = { namespace: 'sys', name: 'auth' };
  return await new NatsAccounts({ store, ...place, log: silent, onEvent: () => undefined }).step();
}

beforeAll(async () => {
  view = await new AuthorityRig().authority().step(NOW_MS);
  accounts = await newAccounts();
  ours = { kind: 'accounts', accounts, bucket: 'sc-1' };
  input = { identity: IDENTITY, view, nats: ours, nowMs: NOW_MS };
  secret = await makeWorkerSecret(input);
  leaf = new X509Certificate(secret['tls.crt']!);
});

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
}

/** What OpenSSL says of a chain at the moment in which it was made. */
function verified(certificatePem: string, bundle: string, ...args: string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-chain-'));
  const [ca, crt] = [path.join(folder, 'ca.crt'), path.join(folder, 'tls.crt')];
  try {
    writeFileSync(ca, bundle);
    writeFileSync(crt, certificatePem);
    const text = openssl('x509', '-in', crt, '-noout', '-text');
    const at = ['-attime', String(Math.floor(NOW_MS / 1_000))];
    return text + openssl('verify', '-x509_strict', ...at, '-CAfile', ca, ...args, crt);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a certificate of a worker', () => {
  it.each(NAMES)('is good for %s, as server and as client, says OpenSSL', (name) => {
    const bundle = secret['ca.crt']!;
    for (const purpose of ['sslserver', 'sslclient']) {
      const told = verified(leaf.toString(), bundle, '-purpose', purpose, '-verify_hostname', name);
      expect(told).toContain('tls.crt: OK');
      expect(told).toContain('prime256v1');
      expect(told).toContain('CA:FALSE');
    }
  });

  it('is good for nothing else, says OpenSSL', async () => {
    const bundle = secret['ca.crt']!;
    const check = (...args: string[]) => verified(leaf.toString(), bundle, ...args);
    expect(() => check('-verify_hostname', OPERATOR_NAME)).toThrow('hostname mismatch');
    const other = workersName(LIVE.namespace, 'other');
    expect(() => check('-verify_hostname', other)).toThrow('hostname mismatch');
    expect(() => check('-purpose', 'smimesign')).toThrow();
    const stranger = await new AuthorityRig().authority().step(NOW_MS);
    expect(() => verified(leaf.toString(), stranger.bundle)).toThrow('unable to get local issuer');
  });

  it('cannot sign others', async () => {
    const { signer } = view;
    const under = await issueLeaf({
      signer: { certificate: leaf, key: signer.key },
      commonName: 'x',
      dnsNames: [OPERATOR_NAME],
      nowMs: NOW_MS,
      lifetimeMs: MINUTE_MS,
    });
    const chain = `${secret['ca.crt']!}${leaf.toString()}`;
    expect(() => verified(under.certificatePem, chain)).toThrow(/invalid CA|signature failure/);
  });

  it('is believed by the bundle of each phase of a rotation', async () => {
    const rig = new AuthorityRig();
    const authority = rig.authority();
    await authority.step(NOW_MS, true);
    const bundles = new Set<string>();
    for (let minute = 0; minute < 30; minute += 1) {
      const nowMs = NOW_MS + minute * MINUTE_MS;
      const seen = await authority.step(nowMs, true);
      if (bundles.has(seen.bundle)) continue;
      const made = await makeWorkerSecret({ ...input, nats: { kind: 'none' }, view: seen, nowMs });
      expect(verified(made['tls.crt']!, made['ca.crt']!)).toContain('tls.crt: OK');
      bundles.add(seen.bundle);
    }
    expect(bundles.size).toBeGreaterThan(2);
  });

  it('lives as long as it should, and never longer than its CA', async () => {
    expect(notBeforeMs(leaf)).toBe(Math.floor((NOW_MS - 60 * MINUTE_MS) / 1_000) * 1_000);
    const wanted = NOW_MS + SHORT_TIMES.leafLifetimeMs;
    expect(notAfterMs(leaf)).toBe(Math.floor(wanted / 1_000) * 1_000);
    const lateMs = NOW_MS + SHORT_TIMES.caLifetimeMs - MINUTE_MS;
    const late = await makeWorkerSecret({ ...input, nowMs: lateMs });
    const certificate = new X509Certificate(late['tls.crt']!);
    expect(notAfterMs(certificate)).toBe(notAfterMs(view.signer.certificate));
  });

  it('is renewed between three fifths and two thirds of its life, each at its own moment', async () => {
    const moments = new Set<number>();
    for (let index = 0; index < 20; index += 1) {
      const made = await makeWorkerSecret({ ...input, nats: { kind: 'none' } });
      const certificate = new X509Certificate(made['tls.crt']!);
      const share =
        (renewAtMs(certificate) - issuedMs(certificate)) /
        (notAfterMs(certificate) - issuedMs(certificate));
      expect(share).toBeGreaterThanOrEqual(0.6);
      expect(share).toBeLessThanOrEqual(2 / 3);
      moments.add(Math.round(share * 10_000));
    }
    expect(moments.size).toBeGreaterThan(10);
  });
});

describe('the Secret of a worker', () => {
  const fault = (change: Partial<WorkerSecretInput>, data: SecretData | undefined = secret) =>
    workerSecretFault(data, { ...input, ...change });
  const creds = (): string => secret['nats.creds']!;

  it('has the files that a worker reads', () => {
    expect(Object.keys(secret).sort()).toEqual(['ca.crt', 'nats.creds', 'tls.crt', 'tls.key']);
    expect(fault({})).toBeUndefined();
  });

  it('is written again when its time has come, to the millisecond', () => {
    const dueMs = Math.ceil(renewAtMs(leaf));
    expect(fault({ nowMs: dueMs - 1 })).toBeUndefined();
    expect(fault({ nowMs: dueMs })).toBe('due');
    expect(fault({ nowMs: notBeforeMs(leaf) })).toBeUndefined();
    expect(fault({ nowMs: notBeforeMs(leaf) - 1 })).toBe('not-yet');
  });

  it('is written again for another identity', () => {
    expect(fault({ identity: { ...IDENTITY, pod: 'live-0-2' } })).toBe('other-names');
    expect(fault({ identity: { ...IDENTITY, cluster: 'other' } })).toBe('other-names');
    expect(fault({ identity: { ...IDENTITY, namespace: 'other' } })).toBe('other-names');
  });

  it('is written again for another CA or bundle', async () => {
    const stranger = await new AuthorityRig().authority().step(NOW_MS);
    expect(fault({ view: stranger })).toBe('other-bundle');
    expect(fault({ view: { ...stranger, bundle: view.bundle } })).toBe('other-authority');
    expect(fault({ view: { ...view, bundle: view.bundle + stranger.bundle } })).toBe(
      'other-bundle',
    );
  });

  it('is written again when it is missing or broken', async () => {
    const twin = await makeWorkerSecret(input);
    expect(workerSecretFault(undefined, input)).toBe('missing');
    expect(fault({}, {})).toBe('missing');
    expect(fault({}, { ...secret, 'tls.key': twin['tls.key']! })).toBe('unreadable');
    expect(fault({}, { ...secret, 'tls.key': '' })).toBe('unreadable');
    expect(fault({}, { ...secret, 'tls.crt': secret['tls.crt']! + twin['tls.crt']! })).toBe(
      'unreadable',
    );
    expect(fault({}, { ...secret, 'ca.crt': '' })).toBe('other-bundle');
    expect(fault({}, { ...secret, 'nats.creds': 'x' })).toBe('nats-unreadable');
  });

  it('is written again for other rights on NATS', async () => {
    const entries = Object.entries(secret).filter(([key]) => key !== 'nats.creds');
    expect(fault({}, Object.fromEntries(entries))).toBe('nats-missing');
    expect(fault({ nats: { ...ours, bucket: 'sc-2' } as NatsCredentials })).toBe(
      'nats-other-rights',
    );
    const stranger = await newAccounts();
    const nats = { kind: 'accounts', accounts: stranger, bucket: 'sc-1' } as const;
    expect(fault({ nats })).toBe('nats-other-account');
    const signing = { ...accounts, account: stranger.account };
    expect(fault({ nats: { ...nats, accounts: signing } })).toBe('nats-other-account');
  });

  it('has credentials of NATS that are renewed in time by themselves, too', async () => {
    const lateMs = NOW_MS + SHORT_TIMES.leafLifetimeMs * 1.5;
    const later = { ...(await makeWorkerSecret({ ...input, nowMs: lateMs })) };
    expect(fault({ nowMs: lateMs - 1_000 }, { ...later, 'nats.creds': creds() })).toBeUndefined();
    expect(fault({ nowMs: lateMs + 1 }, { ...later, 'nats.creds': creds() })).toBe('nats-due');
  });

  it('carries what a user gave, or nothing', async () => {
    const given: NatsCredentials = { kind: 'given', creds: 'theirs' };
    const made = await makeWorkerSecret({ ...input, nats: given });
    expect(made['nats.creds']).toBe('theirs');
    expect(fault({ nats: given }, made)).toBeUndefined();
    expect(fault({ nats: { kind: 'given', creds: 'newer' } }, made)).toBe('nats-other');
    expect(fault({ nats: { kind: 'none' } }, made)).toBe('nats-other');
    const none = await makeWorkerSecret({ ...input, nats: { kind: 'none' } });
    expect(Object.keys(none)).not.toContain('nats.creds');
    expect(fault({ nats: { kind: 'none' } }, none)).toBeUndefined();
    expect(fault({ nats: given }, none)).toBe('nats-other');
  });

  it('is judged, whatever it holds', () => {
    const pieces = Object.values(secret);
    const cut = fc
      .tuple(fc.constantFrom(...pieces), fc.nat(2_000), fc.string())
      .map(([text, at, extra]) => text.slice(0, at) + extra + text.slice(at + extra.length));
    const value = fc.oneof(fc.string(), fc.constantFrom(...pieces), cut);
    const key = fc.constantFrom(...Object.keys(secret));
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (data) => {
        const told = workerSecretFault(data, input);
        const isWhole = Object.entries(secret).every(([name, text]) => data[name] === text);
        if (isWhole) expect(told).toBeUndefined();
        else if (data['tls.crt'] === undefined) expect(told).toBe('missing');
        else if (data['ca.crt'] !== secret['ca.crt']) expect(told).toBe('other-bundle');
      }),
      { numRuns: 500 },
    );
  });
});
