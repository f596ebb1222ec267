import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Authority } from './authority.ts';
import { authorityData, parseAuthority } from './authority-state.ts';
import { AUTHORITY_TIMES } from './authority-step.ts';
import { issuedMs, notAfterMs, notBeforeMs } from './certificate.ts';
import { makeAuthority } from './issue.ts';
import { AuthorityRig, MINUTE_MS, SECRET, SHORT_TIMES } from './testing/rig.ts';

const START_MS = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const ROTATE_MS = START_MS + 20 * MINUTE_MS;

const certificates = (bundle: string): number => bundle.split('BEGIN CERTIFICATE').length - 1;

describe('Authority', () => {
  let rig: AuthorityRig;
  let authority: Authority;
  beforeEach(() => {
    rig = new AuthorityRig();
    authority = rig.authority();
  });

  it('is made once, by whoever is first', async () => {
    const others = [rig.authority(), rig.authority(), rig.authority()];
    const views = await Promise.all([authority, ...others].map((one) => one.step(START_MS, true)));
    expect(new Set(views.map(({ bundle }) => bundle)).size).toBe(1);
    expect(rig.events).toEqual(['created']);
    expect(await rig.keys()).toEqual(['ca.crt', 'ca.key']);
    expect(views[0]).toMatchObject({ phase: 'steady' });
  });

  it('lives for a year by default and rotates after two thirds of it', async () => {
    const yearly = rig.authority(AUTHORITY_TIMES);
    const { signer } = await yearly.step(START_MS, true);
    expect(issuedMs(signer.certificate)).toBe(START_MS);
    expect(notAfterMs(signer.certificate)).toBe(START_MS + 365 * DAY_MS);
    const dueMs = START_MS + (365 * DAY_MS * 2) / 3;
    expect((await yearly.step(dueMs - 1, true)).phase).toBe('steady');
    expect((await yearly.step(dueMs, true)).phase).toBe('introduced');
    expect((await yearly.step(dueMs + 1, true)).phase).toBe('introduced');
    expect((await yearly.step(dueMs + 60 * MINUTE_MS, true)).phase).toBe('introduced');
    expect((await yearly.step(dueMs + 60 * MINUTE_MS + 1, true)).phase).toBe('switched');
    await yearly.step(dueMs + 70 * MINUTE_MS, true);
    expect((await yearly.step(dueMs + 129 * MINUTE_MS, true)).phase).toBe('switched');
    expect((await yearly.step(dueMs + 130 * MINUTE_MS, true)).phase).toBe('steady');
  });

  it('goes through a rotation: believed first, signs later, the old one dropped last', async () => {
    authority = rig.authority({ ...SHORT_TIMES, caLifetimeMs: 60 * MINUTE_MS });
    const rotateMs = START_MS + 40 * MINUTE_MS;
    const first = await authority.step(START_MS, true);
    const introduced = await authority.step(rotateMs, true);
    expect(introduced.signer.certificate.serialNumber).toBe(first.signer.certificate.serialNumber);
    expect(introduced.bundle.startsWith(first.bundle)).toBe(true);
    expect(certificates(introduced.bundle)).toBe(2);
    await authority.step(rotateMs + MINUTE_MS, true);
    const switched = await authority.step(rotateMs + 6 * MINUTE_MS, true);
    expect(switched.phase).toBe('switched');
    expect(introduced.bundle).toContain(switched.signer.certificate.toString());
    expect(switched.bundle).toContain(first.bundle);
    expect(await rig.keys()).toEqual(['ca.crt', 'ca.key', 'previous.crt']);
    await authority.step(rotateMs + 7 * MINUTE_MS, true);
    const dropped = await authority.step(rotateMs + 12 * MINUTE_MS, true);
    expect(dropped).toMatchObject({
      phase: 'steady',
      bundle: switched.signer.certificate.toString(),
    });
    const changes = ['introduced', 'settled', 'switched', 'settled', 'dropped'];
    expect(rig.events).toEqual(['created', ...changes]);
  });

  it('waits for the slowest worker, and for as long again if one falls behind', async () => {
    await authority.step(START_MS, true);
    await authority.step(ROTATE_MS, true);
    await authority.step(ROTATE_MS + MINUTE_MS, true);
    await authority.step(ROTATE_MS + 2 * MINUTE_MS, false);
    expect((await authority.step(ROTATE_MS + 4 * MINUTE_MS, true)).phase).toBe('introduced');
    expect((await authority.step(ROTATE_MS + 4.9 * MINUTE_MS)).phase).toBe('introduced');
    const forcedMs = START_MS + 25 * MINUTE_MS;
    expect((await authority.step(forcedMs - 1, false)).phase).toBe('introduced');
    // Five sixths of the life are over: a worker that cannot be reached holds nobody up.
    expect((await authority.step(forcedMs, false)).phase).toBe('switched');
    // And no longer than the old one is valid.
    expect((await authority.step(START_MS + 30 * MINUTE_MS - 1, false)).phase).toBe('switched');
    expect((await authority.step(START_MS + 30 * MINUTE_MS, false)).phase).toBe('steady');
    expect(rig.events.at(-1)).toBe('cleaned');
    expect(await rig.keys()).toEqual(['ca.crt', 'ca.key']);
  });

  it('never moves on by an operator that does not know the workers', async () => {
    await authority.step(START_MS, true);
    await authority.step(ROTATE_MS, true);
    await authority.step(ROTATE_MS + 1, true);
    const follower = rig.authority();
    expect((await follower.step(START_MS + 25 * MINUTE_MS - 1)).phase).toBe('introduced');
  });

  it('takes a moment to come, of a clock that was set back, for none', async () => {
    await authority.step(START_MS, true);
    await authority.step(ROTATE_MS, true);
    await authority.step(ROTATE_MS + 3 * MINUTE_MS, true);
    await authority.step(ROTATE_MS, true);
    expect((await authority.step(ROTATE_MS + 4.9 * MINUTE_MS, true)).phase).toBe('introduced');
  });

  it('is followed by another operator at any time', async () => {
    await authority.step(START_MS, true);
    await authority.step(ROTATE_MS, true);
    const follower = rig.authority();
    const view = await follower.step(ROTATE_MS + 1);
    expect(view.bundle).toBe(authority.view?.bundle);
    expect(rig.events).toEqual(['created', 'introduced']);
  });

  it('signs on with what it remembers when the Secret is deleted, and rotates', async () => {
    const { bundle } = await authority.step(START_MS, true);
    rig.remove();
    const view = await authority.step(START_MS + 1, true);
    expect(view.phase).toBe('introduced');
    expect(view.bundle.startsWith(bundle)).toBe(true);
    expect(rig.events).toEqual(['created', 'lost']);
    expect((await rig.authority().step(START_MS + 2)).bundle).toBe(view.bundle);
  });

  it('makes another one when the Secret is broken and nothing is remembered', async () => {
    const { bundle } = await authority.step(START_MS, true);
    rig.break({ 'ca.crt': bundle, 'ca.key': 'nonsense' });
    const view = await rig.authority().step(START_MS + 1);
    expect(view.bundle).not.toContain(bundle);
    expect(rig.events).toEqual(['created', 'lost']);
    expect((await authority.step(START_MS + 2, true)).bundle).toBe(view.bundle);
  });

  it('takes the next one when the current one is over', async () => {
    await authority.step(START_MS, true);
    const { bundle } = await authority.step(ROTATE_MS, true);
    const view = await rig.authority().step(START_MS + 30 * MINUTE_MS);
    expect(view.phase).toBe('steady');
    expect(bundle).toContain(view.bundle);
  });

  it('is not used before its time, nor in the very moment in which it is over', async () => {
    const { signer } = await authority.step(START_MS, true);
    const { certificate } = signer;
    const isUsableAt = (nowMs: number): boolean =>
      parseAuthority(authorityDataOf(signer), nowMs).current !== undefined;
    expect(isUsableAt(notBeforeMs(certificate) - 1)).toBe(false);
    expect(isUsableAt(notBeforeMs(certificate))).toBe(true);
    expect(isUsableAt(notAfterMs(certificate) - 1)).toBe(true);
    expect(isUsableAt(notAfterMs(certificate))).toBe(false);
  });

  it('goes on while the API server is away, and says so', async () => {
    const before = await authority.step(START_MS, true);
    rig.store.fault = new Error('away');
    expect((await authority.step(START_MS + 1, true)).bundle).toBe(before.bundle);
    expect(rig.events).toEqual(['created', 'unreachable']);
    await expect(rig.authority().step(START_MS + 1)).rejects.toThrow('away');
  });

  it('reads again when another operator writes first, but not for ever', async () => {
    await authority.step(START_MS, true);
    const other = await makeAuthority(ROTATE_MS, SHORT_TIMES.caLifetimeMs);
    rig.store.beforeWrite = () => rig.break(authorityDataOf(other));
    const view = await authority.step(ROTATE_MS, true);
    expect(view.signer.certificate.serialNumber).toBe(other.certificate.serialNumber);
    const contest = (): void => {
      rig.remove();
      rig.break({ 'ca.crt': 'broken' });
      rig.store.beforeWrite = contest;
    };
    contest();
    await expect(rig.authority().step(ROTATE_MS)).rejects.toMatchObject({
      code: 'CREDENTIALS_CONTESTED',
    });
  });

  it('comes through any Secret', async () => {
    const { signer } = await authority.step(START_MS, true);
    const good = authorityDataOf(signer);
    const stranger = authorityDataOf(await makeAuthority(START_MS, DAY_MS));
    const pieces = Object.values({ ...good, ...stranger });
    const cut = fc
      .tuple(fc.constantFrom(...pieces), fc.nat(2_000), fc.string())
      .map(([text, at, extra]) => text.slice(0, at) + extra + text.slice(at));
    const value = fc.oneof(fc.string(), cut, fc.constantFrom(...pieces, ...Object.values(good)));
    const key = fc.constantFrom(
      ...['ca.crt', 'ca.key', 'next.crt', 'next.key', 'previous.crt', 'settled-unix-ms', 'x'],
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value), async (data) => {
        rig.break(data);
        const one = rig.authority();
        const view = await one.step(START_MS + MINUTE_MS, true);
        const parsed = parseAuthority(
          (await rig.store.read(SECRET.namespace, SECRET.name))!.data,
          START_MS + MINUTE_MS,
        );
        expect(parsed.current?.certificate.toString()).toBe(view.signer.certificate.toString());
        const { writes } = rig.store;
        expect((await one.step(START_MS + MINUTE_MS)).bundle).toBe(view.bundle);
        expect(rig.store.writes).toBe(writes);
        expect(view.bundle).toContain(view.signer.certificate.toString());
        expect(view.signer.certificate.checkPrivateKey(view.signer.key)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

function authorityDataOf(current: Awaited<ReturnType<typeof makeAuthority>>) {
  return authorityData({ current, next: undefined, previous: undefined, settledMs: undefined });
}

describe('the Secret of the CA', () => {
  it('says the same when it is read as when it was written', async () => {
    const [current, next, previous] = await Promise.all(
      [1, 2, 3].map(() => makeAuthority(START_MS, DAY_MS)),
    );
    const state = {
      current: current!,
      next,
      previous: previous!.certificate,
      settledMs: START_MS,
    };
    const data = authorityData(state);
    const read = parseAuthority(data, START_MS);
    expect(authorityData({ ...read, current: read.current! })).toEqual(data);
    expect(read.settledMs).toBe(START_MS);
  });

  it('is not mixed: a key of another certificate is no key', async () => {
    const [one, two] = [
      await makeAuthority(START_MS, DAY_MS),
      await makeAuthority(START_MS, DAY_MS),
    ];
    const data = { ...authorityDataOf(one), 'ca.key': authorityDataOf(two)['ca.key']! };
    expect(parseAuthority(data, START_MS).current).toBeUndefined();
  });
});
