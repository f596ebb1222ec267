import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attempt,
  PROTOCOLS,
  settled,
  stay,
  type Attempt,
  type Means,
  type Protocol,
} from './access/attempts.ts';
import {
  accessSpec,
  ELSEWHERE,
  JWKS,
  KEYS,
  LIMITS,
  LOOPBACK,
  ROWS,
  type Row,
} from './access/rows.ts';
import { DecidingServer } from './clients/deciding-server.ts';
import { WsFlvRecorder } from './clients/ws-flv.ts';
import { ProxyBalancer } from './clients/proxy-protocol.ts';
import { fixture } from './content/fixture.ts';
import type { Child } from './harness/child.ts';
import { TestCluster, writeResource } from './harness/cluster.ts';
import { eventuallyTrue, within } from './harness/eventually.ts';

const CLIP = { seconds: 30, size: '320x180', videoBitsPerSecond: 300_000 };
const LIMIT = 'ACCESS_LIMIT_REACHED';
const ADDRESS = 'ACCESS_ADDRESS_REFUSED';
const CUT_MS = 5_000;
const STATUS: Readonly<Record<string, number>> = {
  ...{ ACCESS_TOKEN_MISSING: 401, ACCESS_TOKEN_INVALID: 401, ACCESS_TOKEN_EXPIRED: 401 },
  ...{ ACCESS_REFUSED: 403, ACCESS_ADDRESS_REFUSED: 403, ACCESS_LIMIT_REACHED: 429 },
  ...{ ACCESS_CALLBACK_FAILED: 503, ACCESS_KEYS_INVALID: 503 },
};
const FFMPEG_WORDS: Readonly<Record<number, string>> = {
  ...{ 401: '401 Unauthorized', 403: '403 Forbidden' },
  ...{ 429: '4XX Client Error', 503: '5XX Server Error' },
};
interface CutLine {
  readonly time: number;
  readonly stream: string;
  readonly code: string;
}

interface BeganLine {
  readonly protocol: string;
  readonly action: string;
  readonly stream: string;
}

/** Real players, each with a CPU's part of a second. */
const AT_ONCE = 8;

describe('access', { timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let server: DecidingServer;
  let means: Means;
  const balancers = new Map<string, ProxyBalancer>();
  const stayed: Child[] = [];
  const cells = new Map<string, string>();
  /** Protocol, action and stream of each who was let in. */
  const allowed: string[] = [];
  const refused: { readonly text: string; readonly code: string }[] = [];
  let streams = 0;

  beforeAll(async () => {
    const { file: clip } = await fixture(CLIP);
    server = await DecidingServer.start();
    server.jwks = JWKS;
    const access = accessSpec((path) => server.url(path));
    cluster = await TestCluster.start('access', { replicas: 1, access, accessKeys: KEYS });
    const rtmpPortOf = (address: string | undefined): number =>
      address === undefined ? cluster.rtmpPort : balancers.get(address)!.port;
    means = { cluster, clip, rtmpPortOf };
    for (const address of [ELSEWHERE, ...Array.from({ length: 15 }, (_, i) => addressOf(i))]) {
      balancers.set(address, await ProxyBalancer.start(cluster.rtmpPort, address));
    }
  }, 120_000);

  afterAll(async () => {
    await Promise.all(stayed.map((child) => child.stop('SIGKILL')));
    for (const balancer of balancers.values()) balancer.close();
    server.close();
    await cluster.stop();
  });

  function addressOf(place: number): string {
    return `198.51.100.${100 + place}`;
  }

  function come(one: Attempt): Child {
    const child = stay(one, means);
    stayed.push(child);
    return child;
  }

  /** Published as long as the test runs, by somebody who may. */
  async function publishAll(): Promise<void> {
    const rows = ROWS.filter(
      ({ code, protocols }) => code === undefined && protocols === undefined,
    );
    for (const { app, carries } of rows) {
      const stream = `${app}/main`;
      come({ protocol: 'rtmp publish', stream, query: '', ...carries('publish', stream) });
    }
    PROTOCOLS.forEach((protocol, place) => {
      if (protocol === 'rtmp publish') return;
      for (const app of ['crowd', 'lone']) {
        const stream = `${app}/${protocol.replace(' ', '-')}`;
        // Each from an address of its own.
        const address = app === 'lone' ? addressOf(place) : undefined;
        come({ protocol: 'rtmp publish', stream, query: '', ...(address && { address }) });
      }
    });
    await eventuallyTrue('all are published', 30_000, async () => {
      const streams = await cluster.api.streams();
      return streams.filter(({ state }) => state === 'live').length >= stayed.length;
    });
  }

  async function tryRow(row: Row, protocol: Protocol): Promise<void> {
    const action = protocol === 'rtmp publish' ? 'publish' : 'play';
    const isPlayed = row.code === undefined && action === 'play';
    const stream = `${row.app}/${isPlayed ? 'main' : `x${String(streams++).padStart(4, '0')}x`}`;
    const outcome = await attempt(
      { protocol, stream, query: '', ...row.carries(action, stream) },
      means,
    );
    if (row.code === undefined) {
      expect(outcome, `${row.what} ${protocol} ${stream}`).toMatchObject({ isAllowed: true });
      allowed.push(`${protocol.split(' ')[0] ?? ''} ${action} ${stream}`);
    } else {
      expectRefusal({ ...outcome, action, stream, protocol, code: row.code });
    }
    note(row.rule, row.what, protocol, row.code);
  }

  interface Refused {
    readonly isAllowed: boolean;
    readonly said: string;
    readonly action: string;
    readonly stream: string;
    readonly protocol: Protocol;
    readonly code: string;
  }

  /** The client is told; what the log says is looked at in the end. */
  function expectRefusal({ isAllowed, said, action, stream, protocol, code }: Refused): void {
    const what = `${protocol} ${stream} ${code}: ${said}`;
    expect(isAllowed, what).toBe(false);
    expect(said, what).toContain(wordsOf(protocol, code));
    refused.push({ text: `${action} ${stream}`, code });
  }

  /** What a client says of it: ffmpeg by HTTP the status, and of some only its kind. */
  function wordsOf(protocol: Protocol, code: string): string {
    if (protocol.startsWith('rtmp')) return `${code}: `;
    const status = STATUS[code] ?? 0;
    return protocol === 'ws-flv' ? `status ${status}` : (FFMPEG_WORDS[status] ?? '');
  }

  /** Comes; the promise is of its end. */
  function staying(one: Attempt): Promise<unknown> {
    if (one.protocol !== 'ws-flv') return come(one).ended;
    return new WsFlvRecorder(cluster.wsUrl(one.stream), `${cluster.folder}/stays.flv`).ended;
  }

  function playing(protocol: Protocol, stream: string): boolean {
    const name = protocol.replace(' play', '');
    return cluster.workerLog().some((line) => {
      return line.includes('session began') && line.includes(stream) && line.includes(`"${name}"`);
    });
  }

  function cutOf(stream: string): { time: number; code: string }[] {
    const lines = cluster.workerLog().filter((line) => line.includes('session cut'));
    const cut = lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as CutLine);
    return cut.filter((line) => line.stream === stream);
  }

  function note(rule: string, what: string, protocol: Protocol, code: string | undefined): void {
    const text =
      code === undefined
        ? 'allowed'
        : `${protocol.startsWith('rtmp') ? '' : `${STATUS[code] ?? ''} `}${code}`;
    cells.set(`${rule}|${what}|${protocol}`, text);
  }

  it('lets in and refuses by every rule, over every protocol', async () => {
    await publishAll();
    const tries = ROWS.flatMap((row) =>
      (row.protocols ?? PROTOCOLS).map((protocol) => () => tryRow(row, protocol)),
    );
    await inParallel(tries, AT_ONCE);
  });

  it('limits viewers of a stream, and what comes from an address', async () => {
    const second = async (rule: string, app: string, protocol: Protocol): Promise<void> => {
      const stream = `${app}/${protocol.replace(' ', '-')}`;
      const address = app === 'lone' ? addressOf(10 + PROTOCOLS.indexOf(protocol)) : undefined;
      const one = { protocol, stream, query: '', ...(address && { address }) };
      expect(await settled(come(one))).toBe(true);
      const action = protocol === 'rtmp publish' ? 'publish' : 'play';
      const outcome = await attempt(one, means);
      expectRefusal({ ...outcome, action, stream, protocol, code: LIMIT });
      note(rule, 'first', protocol, undefined);
      note(rule, 'second', protocol, LIMIT);
    };
    await inParallel(
      LIMITS.flatMap(({ rule, app, protocols }) =>
        protocols.map((protocol) => () => second(rule, app, protocol)),
      ),
      AT_ONCE,
    );
  });

  it('cuts a publisher that sends more than it may', async () => {
    const stream = 'thin/main';
    const slower = come({ protocol: 'rtmp publish', stream: 'wide/main', query: '' });
    await cluster.live('wide/main');
    const { output } = await stay({ protocol: 'rtmp publish', stream, query: '' }, means).ended;
    const cut = cluster.workerLog().filter((line) => line.includes('session cut'));
    expect(cut.filter((line) => line.includes(stream) && line.includes(LIMIT))).toHaveLength(1);
    expect(output).not.toBe('');
    // Measured as long as the other one, at least.
    expect([slower.running, cutOf('wide/main')]).toEqual([true, []]);
    note('bit rate', 'low enough', 'rtmp publish', undefined);
    note('bit rate', 'too high', 'rtmp publish', LIMIT);
  });

  it('cuts who may not any more, over every protocol', async () => {
    const stream = 'near/stays';
    come({ protocol: 'rtmp publish', stream, query: '' });
    await cluster.live(stream);
    const viewers = PROTOCOLS.filter((protocol) => protocol !== 'rtmp publish');
    const here = await Promise.all(
      viewers.map(async (protocol) => {
        const ended = staying({ protocol, stream, query: '' });
        await eventuallyTrue(`${protocol} plays`, 15_000, () => playing(protocol, stream));
        return { protocol, ended };
      }),
    );
    const changedAtMs = Date.now();
    const access = accessSpec((path) => server.url(path), { deny: LOOPBACK });
    writeResource(cluster.resourceFile, { replicas: 1, access });
    await eventuallyTrue('all are cut', 15_000, () => cutOf(stream).length === PROTOCOLS.length);
    const tookMs = Math.max(...cutOf(stream).map(({ time }) => time)) - changedAtMs;
    console.log(`rules changed: the last was cut ${tookMs} ms after the file was written`);
    expect(tookMs).toBeLessThan(CUT_MS);
    for (const { protocol, ended } of here) {
      await within(`end of ${protocol}`, 15_000, ended);
      note('allowed addresses', 'not any more', protocol, ADDRESS);
    }
    note('allowed addresses', 'not any more', 'rtmp publish', ADDRESS);
    expect(new Set(cutOf(stream).map(({ code }) => code))).toEqual(new Set([ADDRESS]));
  });

  it('tells the callback of ends', () => {
    const ends = server.asked.filter(({ event }) => event === 'done');
    expect(ends.map(({ protocol }) => protocol)).toEqual(
      expect.arrayContaining(['rtmp', 'flv', 'ws-flv']),
    );
  });

  it('stands in the log, once each', async () => {
    const wanted = refused.map(({ text, code }) => ({ text, codes: [code] }));
    // Lines go through a pipe and a file.
    await eventuallyTrue('lines of all', 5_000, () => {
      const lines = cluster.workerLog();
      return refused.every(({ text }) => lines.some((line) => line.includes(text)));
    });
    const lines = cluster.workerLog();
    const found = refused.map(({ text }) => {
      const mine = lines.filter((line) => line.includes(text));
      return { text, codes: mine.map((line) => /"code":"(\w+)"/.exec(line)?.[1]) };
    });
    expect(wanted.length).toBeGreaterThan(80);
    expect(found).toEqual(wanted);
  });

  it('stands in the log as a session, for each who was let in', () => {
    const began = cluster.workerLog().filter((line) => line.includes('"session began"'));
    const found = began.map((line) => {
      const { protocol, action, stream } = JSON.parse(line.slice(line.indexOf('{'))) as BeganLine;
      return `${protocol} ${action} ${stream}`;
    });
    expect(allowed.length).toBeGreaterThan(40);
    for (const one of new Set(allowed)) {
      const [times, wanted] = [found, allowed].map((list) => list.filter((e) => e === one).length);
      expect(times, one).toBeGreaterThanOrEqual(wanted ?? Infinity);
    }
  });

  it('shows no token and no signature in any line of log', () => {
    const lines = [...cluster.workerLog(), cluster.operator.output].join('\n');
    expect(lines).toContain('rs/main');
    expect(lines).not.toMatch(/eyJ|token=|signature=|Bearer [^e]/);
  });

  it('is shown as a table', () => {
    const names = [
      ...new Set([...cells.keys()].map((key) => key.split('|').slice(0, 2).join('|'))),
    ];
    const rows = names.map((name) => {
      const [rule = '', what = ''] = name.split('|');
      return [rule, what, ...PROTOCOLS.map((protocol) => cells.get(`${name}|${protocol}`) ?? '-')];
    });
    const lines = [['rule', 'case', ...PROTOCOLS], ...rows].map((row) => `| ${row.join(' | ')} |`);
    console.log(lines.join('\n'));
  });
});

async function inParallel(tasks: readonly (() => Promise<void>)[], count: number): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: count }, work));
}
