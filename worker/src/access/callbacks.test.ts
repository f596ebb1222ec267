import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Callbacks, type CallbackConfig } from './callbacks.ts';
import { codeOf, TestContext } from './testing/context.ts';
import { MemoryOutside } from './testing/memory-outside.ts';
import { visit } from './testing/visits.ts';

const CALLBACK: CallbackConfig = {
  ...{ url: 'http://auth.example/ask?key=hidden', tokenKey: '', timeoutSeconds: 2 },
  ...{ keepAllowedSeconds: 60, keepRefusedSeconds: 5, allowOnFailure: false },
};

class Asked extends TestContext {
  readonly outside = new MemoryOutside();
  readonly callbacks = new Callbacks({
    ...{ outside: this.outside, clock: this.clock, log: this.log, counters: this.counters },
    secret: (entry) => (entry === 'bearer' ? Buffer.from('letmein') : undefined),
  });

  /** What is answered at once; `good` means let in. */
  code(who = visit(), callback = CALLBACK): Promise<string> {
    return codeOf(() => this.callbacks.ask(who, 'ann', callback));
  }

  status(status: number | Error): void {
    this.outside.status = () => status;
  }
}

describe('a callback', () => {
  it('is asked with everything that is known', async () => {
    const asked = new Asked();
    asked.status(204);
    const who = visit({ query: 'token=abc', action: 'publish', protocol: 'rtmp' });
    expect(await asked.code(who, { ...CALLBACK, tokenKey: 'bearer' })).toBe('good');
    const [post] = asked.outside.posts;
    expect(post).toMatchObject({ url: CALLBACK.url, bearer: 'letmein', timeoutMs: 2000 });
    expect(JSON.parse(post!.body)).toEqual({
      ...{ event: 'publish', stream: 'live/news', app: 'live', name: 'news', protocol: 'rtmp' },
      ...{ address: '192.0.2.7', isEncrypted: false, userAgent: 'test/1' },
      ...{ subject: 'ann', query: 'token=abc' },
    });
  });

  it.each([
    [200, 'good', 1],
    [299, 'good', 1],
    [401, 'ACCESS_REFUSED', 1],
    [403, 'ACCESS_REFUSED', 1],
    [404, 'ACCESS_REFUSED', 1],
    [302, 'ACCESS_CALLBACK_FAILED', 2],
    [500, 'ACCESS_CALLBACK_FAILED', 2],
    [199, 'ACCESS_CALLBACK_FAILED', 2],
    [new Error('reset'), 'ACCESS_CALLBACK_FAILED', 2],
  ])('that answers %s means %s', async (status, code, tries) => {
    const asked = new Asked();
    asked.status(status);
    expect(await asked.code()).toBe(code);
    expect(asked.outside.posts).toHaveLength(tries);
  });

  it('that fails lets in where that is chosen, and is told once, without its parameters', async () => {
    const asked = new Asked();
    asked.status(500);
    for (let i = 0; i < 3; i += 1) {
      expect(await asked.code(visit(), { ...CALLBACK, allowOnFailure: true })).toBe('good');
    }
    expect(asked.counted).toHaveLength(3);
    expect(asked.lines).toHaveLength(1);
    expect(asked.lines.join('')).not.toContain('hidden');
  });

  it('is believed for a while, yes and no', async () => {
    const asked = new Asked();
    asked.status(200);
    await asked.code();
    expect(asked.callbacks.ask(visit(), 'ann', CALLBACK)).toBeUndefined();
    asked.status(403);
    const other = visit({ stream: 'live/other' });
    await asked.code(other);
    expect(() => asked.callbacks.ask(other, 'ann', CALLBACK)).toThrow('said no');
    expect(asked.outside.posts).toHaveLength(2);
    asked.status(200);
    asked.clock.advance(5_000);
    expect(await asked.code(other)).toBe('good');
    asked.clock.advance(55_000);
    asked.status(403);
    expect(await asked.code()).toBe('ACCESS_REFUSED');
  });

  it('is asked anew where nothing is to be kept, or something differs', async () => {
    const asked = new Asked();
    asked.status(200);
    const others = [{}, { query: 'a=1' }, { address: '192.0.2.8' }, { userAgent: 'b' }];
    for (const other of others) await asked.code(visit(other));
    const unkept = { ...CALLBACK, keepAllowedSeconds: 0, url: 'http://other/' };
    await asked.code(visit(), unkept);
    await asked.code(visit(), unkept);
    expect(asked.outside.posts).toHaveLength(others.length + 2);
  });

  it('is asked once by those who come at once', async () => {
    const asked = new Asked();
    asked.outside.status = () => sleep(5).then(() => 200);
    const codes = await Promise.all(Array.from({ length: 50 }, () => asked.code()));
    expect(new Set(codes)).toEqual(new Set(['good']));
    expect(asked.outside.posts).toHaveLength(1);
  });

  it('that hangs has 64 questions at a time, and no more than 2,000 wait', async () => {
    const asked = new Asked();
    let hang = (_status: number): void => undefined;
    const hanging = new Promise<number>((resolve) => (hang = resolve));
    asked.outside.status = () => hanging;
    const codes = Array.from({ length: 64 + 2_000 + 10 }, (_, i) =>
      asked.code(visit({ query: `i=${i}` })),
    );
    expect(await Promise.all(codes.slice(-10))).toEqual(Array(10).fill('ACCESS_CALLBACK_FAILED'));
    expect(asked.outside.posts).toHaveLength(64);
    // Who waited as long as an answer may take has waited enough.
    asked.clock.advance(2_001);
    hang(200);
    const settled = await Promise.all(codes);
    expect(settled.filter((code) => code === 'good')).toHaveLength(64);
    expect(asked.outside.posts).toHaveLength(64);
  });

  it('that hangs keeps nobody from another one', async () => {
    const asked = new Asked();
    const other = { ...CALLBACK, url: 'http://other.example/ask' };
    const hanging = new Promise<number>(() => undefined);
    asked.outside.status = ({ url }) => (url === other.url ? 200 : hanging);
    for (let i = 0; i < 64 + 2_000; i += 1) void asked.code(visit({ query: `i=${i}` }));
    await asked.settle();
    expect(await asked.code(visit(), other)).toBe('good');
    const end = { id: 'i', visit: visit(), subject: '', reason: 'ended', bytes: 5, durationMs: 9 };
    for (let i = 0; i < 8 + 1_000; i += 1) asked.callbacks.tell(end, CALLBACK);
    asked.callbacks.tell(end, other);
    await asked.settle();
    const bodies = asked.outside.posts.filter(({ url }) => url === other.url);
    expect(bodies.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      ...['play', 'done'],
    ]);
    expect(asked.counted).toEqual([]);
  });

  it('is told of ends, by few connections and never more than a bound', async () => {
    const asked = new Asked();
    const end = {
      id: 'i',
      visit: visit(),
      subject: 'ann',
      reason: 'ended',
      bytes: 5,
      durationMs: 9,
    };
    asked.status(200);
    asked.callbacks.tell(end, CALLBACK);
    await asked.settle();
    expect(JSON.parse(asked.outside.posts[0]!.body)).toMatchObject({
      ...{ event: 'done', session: 'i', action: 'play', stream: 'live/news', subject: 'ann' },
      ...{ reason: 'ended', bytes: 5, durationMs: 9 },
    });
    asked.outside.status = undefined;
    for (let i = 0; i < 1_500; i += 1) asked.callbacks.tell(end, CALLBACK);
    await asked.settle();
    expect(asked.outside.posts).toHaveLength(1 + 8);
    expect(asked.counted).toHaveLength(1_500 - 8 - 1_000);
  });
});
