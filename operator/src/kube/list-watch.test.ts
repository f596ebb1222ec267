import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../clock.ts';
import { eventually } from '../testing/eventually.ts';
import { KubeClient } from './client.ts';
import { Informer } from './informer.ts';
import { resources, type Pod } from './resources.ts';
import {
  answer,
  eventLine,
  FakeApiServer,
  fakePod,
  isWatch,
  podList,
  refuse,
  type FakePod,
  type Handler,
} from './testing/fake-api-server.ts';
import { FastClock } from './testing/fast-clock.ts';
import { keptLog, type LogLine } from './testing/kept-log.ts';

/** A minute goes by in 600 ms. */
const FACTOR = 100;
const PATIENCE_MS = 10_000;

let server: FakeApiServer;
let client: KubeClient;
let informer: Informer<Pod>;
let lines: LogLine[];
let stored: FakePod[];
let version: string;
let changes: string[];
/** What becomes of the watches, in turn; the last one for ever. */
let watches: Handler[];

const open: Handler = (_request, response) => {
  response.flushHeaders();
};

beforeEach(async () => {
  stored = [fakePod('a', '1'), fakePod('b', '2')];
  version = '5';
  watches = [open];
  changes = [];
  server = await FakeApiServer.start((request, response) => {
    if (!isWatch(request)) answer(response, podList(stored, version));
    else (watches.length > 1 ? watches.shift()! : watches[0]!)(request, response);
  });
  const clock = new FastClock(FACTOR);
  const kept = keptLog();
  ({ lines } = kept);
  // Requests may take their time, on a busy machine.
  client = new KubeClient({ load: server.load, version: '1', clock: realClock });
  await client.prepare();
  informer = new Informer<Pod>({ client, resource: resources.pods, clock, log: kept.log });
  informer.onChange((key, kind) => changes.push(`${kind} ${key}`));
});

afterEach(async () => {
  await informer.close();
  client.close();
  await server.close();
});

async function start(): Promise<void> {
  informer.start();
  await informer.synced();
}

function names(): string[] {
  return informer.list().map(({ metadata }) => metadata.name);
}

async function untilNames(...expected: string[]): Promise<void> {
  await eventually(
    `pods ${expected.join()}`,
    PATIENCE_MS,
    () => names().join() === expected.join(),
  );
}

describe('Informer', () => {
  it('has what was listed, then what changes', async () => {
    watches = [
      (_request, response) => {
        response.write(eventLine('ADDED', fakePod('c', '6')));
        response.write(eventLine('MODIFIED', fakePod('a', '7')));
        response.write(eventLine('DELETED', fakePod('b', '8')));
      },
    ];
    const versions: string[] = [];
    informer.onChange((_key, _kind, { metadata }) => versions.push(metadata.resourceVersion));
    await start();
    await untilNames('a', 'c');
    // Of the deleted one, the last that was known.
    expect(versions).toEqual(['1', '2', '6', '7', '2']);
    expect(changes).toEqual([
      'added media/a',
      'added media/b',
      'added media/c',
      'changed media/a',
      'deleted media/b',
    ]);
    expect(server.count('GET', 'watch=true')).toBe(1);
    expect(server.requests[1]?.url).toContain('resourceVersion=5');
    expect(server.requests[1]?.url).toContain('allowWatchBookmarks=true');
    const seconds = Number(/timeoutSeconds=(\d+)/.exec(server.requests[1]?.url ?? '')?.[1]);
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThanOrEqual(600);
  });

  it('reads lines that come in pieces', async () => {
    const bytes = Buffer.from(eventLine('ADDED', fakePod('ü', '6')));
    watches = [
      (_request, response) => {
        for (const byte of bytes) response.write(Buffer.from([byte]));
      },
    ];
    await start();
    await untilNames('a', 'b', 'ü');
  });

  it('goes on where a bookmark says, after a watch that was cut', async () => {
    const bookmark = eventLine('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '40' } });
    watches = [
      (_request, response) => response.write(bookmark, () => response.socket?.destroy()),
      open,
    ];
    await start();
    await eventually('a second watch', PATIENCE_MS, () => server.count('GET', 'watch') === 2);
    expect(server.requests.at(-1)?.url).toContain('resourceVersion=40');
    expect(server.count('GET', 'limit=500')).toBe(1);
  });

  it.each<[string, Handler]>([
    ['as an answer', (_request, response) => refuse(response, 410, 'Expired')],
    [
      'in the watch',
      (_request, response) => void response.write(eventLine('ERROR', { code: 410 })),
    ],
  ])('lists again when its version is gone, said %s', async (_how, gone) => {
    watches = [gone, open];
    await start();
    stored = [fakePod('b', '9'), fakePod('c', '9')];
    version = '10';
    await untilNames('b', 'c');
    expect(changes.slice(2)).toEqual(['deleted media/a', 'changed media/b', 'added media/c']);
    await eventually('a watch from there', PATIENCE_MS, () =>
      server.requests.at(-1)?.url.includes('resourceVersion=10'),
    );
  });

  it('lists again when watches fail for other reasons, each time', async () => {
    const tooLarge = { code: 504, reason: 'Timeout', message: 'Too large resource version' };
    const refused: Handler = (_request, response) =>
      void response.write(eventLine('ERROR', tooLarge));
    watches = [refused, refused, refused, refused, open];
    await start();
    stored = [fakePod('of-another-past', '3')];
    version = '3';
    await untilNames('of-another-past');
    expect(changes.slice(2, 4)).toEqual(['deleted media/a', 'deleted media/b']);
  });

  it('notices a connection that is silent', async () => {
    await start();
    const startMs = performance.now();
    await eventually('a second watch', PATIENCE_MS, () => server.count('GET', 'watch') === 2);
    // 2.5 minutes of its clock.
    expect(performance.now() - startMs).toBeGreaterThan(1_400);
    expect(server.count('GET', 'limit=500')).toBe(1);
    expect(lines).toEqual([]);
  });

  it('does not take bookmarks for silence, and lists again every ten minutes', async () => {
    watches = [
      (_request, response) => {
        response.flushHeaders();
        const timer = setInterval(
          () => response.write(eventLine('BOOKMARK', { metadata: { resourceVersion: '9' } })),
          600,
        );
        response.on('close', () => clearInterval(timer));
      },
    ];
    await start();
    stored = [fakePod('missed', '8')];
    await untilNames('missed');
    expect(server.count('GET', 'limit=500')).toBe(2);
    expect(lines).toEqual([]);
  }, 15_000);

  it('ends a watch with a line without end', async () => {
    const megabyte = Buffer.alloc(1_048_576, 0x61);
    let bytes = 0;
    watches = [
      (_request, response) => {
        const more = (): void => {
          bytes += megabyte.length;
          if (response.write(megabyte)) setImmediate(more);
        };
        response.on('drain', more);
        more();
      },
      open,
    ];
    await start();
    await eventually('a second watch', PATIENCE_MS, () => server.count('GET', 'watch') === 2);
    expect(bytes).toBeLessThan(64 * 1_048_576);
    expect(names()).toEqual(['a', 'b']);
  });

  it('ends a watch whose lines are no events', async () => {
    watches = [(_request, response) => void response.write('{"type":"ADDED"}\n'), open];
    await start();
    await eventually('a second watch', PATIENCE_MS, () => server.count('GET', 'watch') === 2);
    expect(lines[0]).toMatchObject({ msg: 'watch lost', err: { reason: 'Malformed' } });
  });

  it('survives a listener that throws', async () => {
    informer.onChange(() => {
      throw new Error('of the listener');
    });
    await start();
    expect(names()).toEqual(['a', 'b']);
    expect(lines.map(({ msg }) => msg)).toEqual(['listener failed', 'listener failed']);
  });

  it('keeps what it knows, and says that it is old, when the server is away', async () => {
    await start();
    await server.close();
    await eventually('an error', PATIENCE_MS, () => informer.lastError);
    expect(names()).toEqual(['a', 'b']);
    expect(informer.hasSynced).toBe(true);
    expect(informer.lastContactMs).toBeDefined();
  });

  it('ends when it is closed, whatever it does', async () => {
    await start();
    await eventually('the watch', PATIENCE_MS, () => server.count('GET', 'watch') === 1);
    await informer.close();
    const before = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests).toHaveLength(before);
  });
});

describe('Informer of some namespaces', () => {
  it('is synced when all are, and keeps them apart', async () => {
    server.handler = (request, response) => {
      const namespace = /namespaces\/(\w+)/.exec(request.url)?.[1] ?? '';
      if (isWatch(request)) response.flushHeaders();
      else answer(response, podList([fakePod('same', '1', namespace)], '1'));
    };
    const clock = new FastClock(FACTOR);
    const { log } = keptLog();
    const two = new Informer<Pod>({
      client,
      resource: resources.pods,
      namespaces: ['one', 'two', 'one'],
      indexes: { name: ({ metadata }) => metadata.name },
      trim: ({ metadata }) => ({ metadata }),
      clock,
      log,
    });
    two.start();
    await two.synced();
    expect(two.byIndex('namespace', 'two')).toHaveLength(1);
    expect(two.byIndex('name', 'same')).toHaveLength(2);
    expect(two.get('one/same')).toBeDefined();
    await two.close();
  });
});
