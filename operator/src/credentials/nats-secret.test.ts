import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { NatsAccounts, type NatsAccountsEvent } from './nats-accounts.ts';
import { makeNatsKeys, natsKeysData, parseNatsKeys } from './nats-keys.ts';
import { natsSecretData } from './nats-secret.ts';
import { natsToken } from './nats-token.ts';
import type { SecretData } from './secret-store.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { silent } from './testing/rig.ts';

const PLACE = { namespace: 'sys', name: 'nats-auth' };

describe('the Secret of the NATS accounts', () => {
  let store: MemoryStore;
  let events: NatsAccountsEvent[];
  let accounts: NatsAccounts;

  const another = (): NatsAccounts =>
    new NatsAccounts({ ...PLACE, store, log: silent, onEvent: (event) => events.push(event) });
  const stored = async (): Promise<SecretData> =>
    (await store.read(PLACE.namespace, PLACE.name))!.data;
  const put = (data: SecretData): void => store.put(PLACE.namespace, PLACE.name, data);

  beforeEach(async () => {
    store = new MemoryStore();
    events = [];
    accounts = another();
    await accounts.step();
  });

  it('is made once, by whoever is first, and left alone after that', async () => {
    const fresh = new MemoryStore();
    const told: NatsAccountsEvent[] = [];
    const options = { ...PLACE, store: fresh, log: silent };
    const both = [1, 2].map(
      () => new NatsAccounts({ ...options, onEvent: (event) => told.push(event) }),
    );
    const [one, two] = await Promise.all(both.map((each) => each.step()));
    expect(one!.account).toBe(two!.account);
    expect(one!.operatorCreds).toBe(two!.operatorCreds);
    for (const each of both) await each.step();
    expect(told).toEqual(['created']);
    expect(fresh.writes).toBe(1);
  });

  it('holds what the server, operators and workers need', async () => {
    const data = await stored();
    expect(Object.keys(data).sort()).toEqual([
      'account.pub',
      'account.seed',
      'auth.conf',
      'operator.creds',
      'operator.seed',
      'signing.seed',
      'system.seed',
      'user.seed',
    ]);
    for (const seed of ['account.seed', 'operator.seed', 'signing.seed']) {
      expect(data['auth.conf']).not.toContain(data[seed]);
      expect(data['operator.creds']).not.toContain(data[seed]);
    }
    expect(accounts.view?.account).toBe(data['account.pub']);
  });

  it('is written back from memory when it is deleted or its keys are broken', async () => {
    const before = await stored();
    store.remove(PLACE.namespace, PLACE.name);
    await accounts.step();
    expect(await stored()).toEqual(before);
    put({ ...before, 'signing.seed': 'SAX' });
    await accounts.step();
    expect(await stored()).toEqual(before);
    expect(events).toEqual(['created', 'lost', 'lost']);
  });

  it('is made anew when nobody remembers it', async () => {
    const before = await stored();
    put({ ...before, 'account.seed': before['operator.seed']! });
    const view = await another().step();
    expect(view.account).not.toBe(before['account.pub']);
    expect(events).toEqual(['created', 'lost']);
    expect((await accounts.step()).account).toBe(view.account);
  });

  it.each(['auth.conf', 'operator.creds', 'account.pub'])(
    'makes %s again from the keys',
    async (key) => {
      const before = await stored();
      put({ ...before, [key]: 'broken' });
      const view = await another().step();
      expect(view.account).toBe(before['account.pub']);
      expect(events).toEqual(['created', 'updated']);
      expect(await stored()).toEqual(before);
    },
  );

  it('gives workers the rights that this operator means, not those of an older one', async () => {
    const before = await stored();
    const config = before['auth.conf']!;
    const [, token] = /\n {2}A.*: (\S+)\n/.exec(config)!;
    const older = natsToken(
      { sub: before['account.pub']!, name: 'streamcluster', iat: 1, nats: { type: 'account' } },
      parseNatsKeys(before)!.operator,
    );
    put({ ...before, 'auth.conf': config.replace(token!, older) });
    await another().step();
    expect(await stored()).toEqual(before);
    expect(events).toEqual(['created', 'updated']);
  });

  it('goes on while the API server is away, and says so', async () => {
    store.fault = new Error('away');
    expect((await accounts.step()).account).toBe(accounts.view?.account);
    expect(events).toEqual(['created', 'unreachable']);
    await expect(another().step()).rejects.toThrow('away');
  });

  it('gives up for now when others keep writing', async () => {
    const contest = (): void => {
      put({});
      store.beforeWrite = contest;
    };
    contest();
    await expect(another().step()).rejects.toMatchObject({ code: 'CREDENTIALS_CONTESTED' });
  });

  it('comes through any Secret', async () => {
    const good = await stored();
    const stranger = natsKeysData(makeNatsKeys());
    const pieces = [...Object.values(good), ...Object.values(stranger)];
    const cut = fc
      .tuple(fc.constantFrom(...pieces), fc.nat(400), fc.string())
      .map(([text, at, extra]) => text.slice(0, at) + extra + text.slice(at));
    const value = fc.oneof(fc.string(), fc.constantFrom(...pieces), cut);
    const changes = fc.dictionary(fc.constantFrom(...Object.keys(good)), value, { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        put({ ...good, ...change });
        const one = another();
        const view = await one.step();
        const data = await stored();
        const keys = parseNatsKeys(data)!;
        expect(keys.account.publicKey).toBe(view.account);
        expect(data).toEqual(natsSecretData(keys));
        const { writes } = store;
        await another().step();
        expect(store.writes).toBe(writes);
      }),
      { numRuns: 100 },
    );
  }, 90_000);
});
