import { describe, expect, it, onTestFinished } from 'vitest';
import { JwksSource } from './jwks-source.ts';
import { TestContext } from './testing/context.ts';
import { MemoryOutside } from './testing/memory-outside.ts';
import { EC, jwks, RSA } from './testing/tokens.ts';

const URL = 'https://id.example/keys?key=hidden';
const FIRST = jwks([RSA.publicKey, 'a']);
const SECOND = jwks([EC.publicKey, 'b']);

async function source(document: string | Error = FIRST) {
  const context = new TestContext();
  const outside = new MemoryOutside();
  outside.document = document;
  let changes = 0;
  const refreshMs = 60_000;
  const options = {
    ...context.parts,
    outside,
    url: URL,
    refreshMs,
    onChange: () => (changes += 1),
  };
  const jwksSource = new JwksSource(options);
  onTestFinished(() => jwksSource.close());
  await context.settle();
  const pass = async (ms: number): Promise<void> => {
    context.clock.advance(ms);
    await context.settle();
  };
  const ids = (): unknown[] => jwksSource.keys.map(({ id }) => id);
  const { counted, lines } = context;
  return { counted, lines, outside, jwksSource, pass, ids, changes: () => changes };
}

describe('JwksSource', () => {
  it('reads keys in the background, and says when they change', async () => {
    const { outside, pass, ids, changes } = await source();
    expect([ids(), changes()]).toEqual([['a'], 1]);
    await pass(60_000);
    expect([outside.gets.length, changes()]).toEqual([2, 1]);
    outside.document = SECOND;
    await pass(60_000);
    expect([ids(), changes()]).toEqual([['b'], 2]);
  });

  it('makes keys of a document once, however often it comes', async () => {
    const { outside, pass, jwksSource } = await source();
    const { keys } = jwksSource;
    await pass(60_000);
    expect(jwksSource.keys).toBe(keys);
    outside.document = SECOND;
    await pass(60_000);
    outside.document = FIRST;
    await pass(60_000);
    expect([outside.gets.length, jwksSource.keys[0]?.id]).toEqual([4, 'a']);
  });

  it.each([
    ['is down', new Error('down')],
    ['answers garbage', '<html>'],
    ['has no keys', '{"keys": []}'],
  ])('keeps the last good ones while the server %s', async (_what, document) => {
    const { outside, pass, ids, changes, counted, lines } = await source();
    outside.document = document;
    await pass(60_000);
    await pass(10_000);
    await pass(10_000);
    // Looked for sooner while it fails, and told once.
    expect(outside.gets.length).toBe(4);
    expect([ids(), changes(), counted]).toEqual([['a'], 1, ['ACCESS_KEYS_INVALID']]);
    expect(lines.join('')).not.toContain('hidden');
    outside.document = SECOND;
    await pass(10_000);
    expect([ids(), changes()]).toEqual([['b'], 2]);
  });

  it('looks again for a key that is not known, at most once in ten seconds', async () => {
    const { outside, jwksSource, pass, ids } = await source();
    expect(jwksSource.lookAgain()).toBeUndefined();
    await pass(10_000);
    outside.document = SECOND;
    const look = jwksSource.lookAgain();
    expect(jwksSource.lookAgain()).toBe(look);
    await look;
    expect([ids(), outside.gets.length]).toEqual([['b'], 2]);
    expect(jwksSource.lookAgain()).toBeUndefined();
  });

  it('waits for keys that are being read for the first time', async () => {
    const { jwksSource, pass, outside, ids } = await source(new Error('not yet'));
    outside.document = FIRST;
    await pass(9_000);
    expect(ids()).toEqual([]);
    await pass(1_000);
    expect(ids()).toEqual(['a']);
    expect(jwksSource.lookAgain()).toBeUndefined();
  });
});
