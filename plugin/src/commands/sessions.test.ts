import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { buildWorld, PROXY } from '../testing/world.ts';

const SESSIONS = `${PROXY}/api/v1/clusters/media/live/streams/live/news/sessions`;

describe('commands about sessions', () => {
  let api: FakeApi;
  let io: MemoryIo;

  beforeEach(async () => {
    api = await FakeApi.start();
    buildWorld(api);
    io = new MemoryIo();
  });
  afterEach(() => api.close());

  function call(...args: string[]): Promise<number> {
    return run([...args, '--kubeconfig', api.kubeconfig], io);
  }

  it('show who publishes and watches', async () => {
    expect(await call('sessions')).toBe(0);
    const [head = '', first = '', ...others] = io.text.trimEnd().split('\n');
    expect(head).toMatch(/^SESSION +ACTION +PROTOCOL +ADDRESS +BYTES +AGE +WORKER +CLIENT$/);
    expect(first).toMatch(
      /^live\/news\/AAAABBBBCCCCDDDD +play +hls +192\.0\.2\.1 +~5\.0 MiB +150m +live-0-1 +vlc +\[2J$/,
    );
    expect(others).toHaveLength(1);
    expect(io.errors).toBe('');
  });

  it('show those of one stream, and say what is missing', async () => {
    expect(await call('sessions', '--stream', 'live/news', '--limit', '1')).toBe(0);
    expect(api.seen.at(-1)).toMatchObject({ path: SESSIONS, query: { limit: '1' } });
    expect(io.errors).toBe('About 2 sessions more: raise --limit.\nNo answer from live-1-1.\n');
    expect(await call('sessions', '--stream', 'news')).toBe(2);
  });

  it('send the token that the operator wants, and none to where there is none', async () => {
    expect(await call('sessions')).toBe(0);
    expect(api.seen.at(-1)).toMatchObject({ operatorToken: '' });
    expect(await call('sessions', '--operator-token', 'a-token-of-viewers')).toBe(0);
    expect(api.seen.at(-1)).toMatchObject({ operatorToken: 'a-token-of-viewers' });
    const toOthers = api.seen.filter(({ path }) => !path.includes('/proxy/'));
    expect(toOthers.map(({ operatorToken }) => operatorToken).join('')).toBe('');
  });

  it('end one, as it is shown', async () => {
    expect(await call('kick', 'live/news/AAAABBBBCCCCDDDD', '--ban', '60')).toBe(0);
    expect(api.seen.at(-1)).toMatchObject({
      ...{ method: 'DELETE', path: `${SESSIONS}/AAAABBBBCCCCDDDD`, ownHeader: 'plugin' },
      query: { banSeconds: '60' },
    });
    expect(io.text).toBe('ended at live-0-1; 192.0.2.1 as "vlc" is refused for 60 s\n');
    expect(await call('kick', 'live/news/short')).toBe(2);
    expect(await call('kick', 'live/news/BAAABBBBCCCCDDDD')).toBe(1);
  });
});
