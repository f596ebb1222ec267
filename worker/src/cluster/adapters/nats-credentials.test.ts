import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { realClock, type Clock } from '../../stream/clock.ts';
import { Told } from '../testing/bus-contract.ts';
import { NatsAccounts, type Rights } from '../testing/nats-accounts.ts';
import { NatsServer } from '../testing/nats-server.ts';
import { NatsBus } from './nats-bus.ts';
import { NatsCredentials } from './nats-credentials.ts';
import { realRandom } from './real-random.ts';

const TIMEOUT_MS = 30_000;
const hastyClock: Clock = {
  ...realClock,
  setTimer: (delayMs, callback) => realClock.setTimer(delayMs / 20, callback),
};

/** What a worker needs and no more: docs/kubernetes.md, nats.creds. */
const RIGHTS: Rights = {
  publish: [
    'load.w-a',
    '$KV.rights.>',
    '$JS.API.INFO',
    ...['STREAM.INFO', 'STREAM.CREATE', 'STREAM.MSG.GET', 'CONSUMER.CREATE'].map(
      (api) => `$JS.API.${api}.KV_rights`,
    ),
    '$JS.API.CONSUMER.CREATE.KV_rights.>',
    '$JS.API.CONSUMER.INFO.KV_rights.*',
    '$JS.API.CONSUMER.DELETE.KV_rights.*',
    '$JS.API.DIRECT.GET.KV_rights.>',
    '$JS.ACK.KV_rights.>',
    '$JS.FC.KV_rights.>',
  ],
  subscribe: ['load.*', '_INBOX_w-a.>'],
};
/** No reports are heard, the directory is not reached. */
const POOR: Rights = { publish: ['load.w-a'], subscribe: ['_INBOX_w-a.>'] };

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
}

const WARN = 40;

describe('a bus with credentials', { timeout: TIMEOUT_MS }, () => {
  const accounts = new NatsAccounts();
  let server: NatsServer;
  let folder: string;
  let bus: NatsBus;
  let told: Told;
  let heard: string[];
  let lines: LogLine[];
  let counted: string[];
  let keys = 0;

  beforeAll(async () => {
    server = await NatsServer.start(accounts.config);
  }, TIMEOUT_MS);
  afterAll(async () => await server.close());
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sc-creds-'));
    [heard, lines, counted] = [[], [], []];
  });
  afterEach(async () => {
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  const write = (text: string): void => writeFileSync(path.join(folder, 'nats.creds'), text);
  const until = (condition: () => boolean): Promise<void> =>
    vi.waitFor(
      () => {
        expect(condition()).toBe(true);
      },
      { timeout: 15_000, interval: 20 },
    );
  const warnings = (msg: string): LogLine[] =>
    lines.filter((line) => line.level >= WARN && line.msg === msg);

  function start(): void {
    const sink = { write: (text: string): void => void lines.push(JSON.parse(text) as LogLine) };
    bus = new NatsBus({
      url: server.url,
      bucket: 'rights',
      name: 'test',
      clock: hastyClock,
      random: realRandom,
      log: pino({ level: 'debug' }, sink),
      counters: { count: (code) => counted.push(code) },
      credentials: new NatsCredentials(folder, 'w-a'),
    });
    bus.subscribe('load.*', (payload) => heard.push(Buffer.from(payload).toString()));
    told = new Told().follow(bus);
    bus.start();
  }

  async function works(): Promise<void> {
    await until(() => told.loads > 0);
    keys += 1;
    const key = `k${keys}`;
    expect(await bus.write(key, Buffer.from('x'), 0)).toMatchObject({ kind: 'written' });
    expect(await bus.read(key)).toMatchObject({ kind: 'found' });
    await until(() => told.entries.get(key) === 'x');
    heard.length = 0;
    await until(() => {
      bus.publish('load.w-a', Buffer.from('me'));
      return heard.includes('me');
    });
  }

  it('needs no more than the rights that a worker is given', async () => {
    write(accounts.credentialsFor('w-a', RIGHTS));
    start();
    await works();
    expect(counted).toEqual([]);
  });

  it('says once that it is refused, tries later each time, and takes new credentials', async () => {
    write(new NatsAccounts().credentialsFor('w-a', RIGHTS));
    start();
    await until(() => counted.length >= 4);
    expect(new Set(counted)).toEqual(new Set(['NATS_REFUSED']));
    expect(warnings('NATS not reachable')).toMatchObject([{ code: 'NATS_REFUSED' }]);
    write(accounts.credentialsFor('w-a', RIGHTS));
    await works();
  });

  it('takes rights that were missing as soon as the file has them', async () => {
    write(accounts.credentialsFor('w-a', POOR));
    start();
    await until(() => counted.length >= 3);
    expect(warnings('NATS refuses').length).toBeGreaterThan(0);
    expect(told.loads).toBe(0);
    write(accounts.credentialsFor('w-a', RIGHTS));
    await works();
  });

  it('reads the file again when it connects again', async () => {
    write(accounts.credentialsFor('w-a', RIGHTS));
    start();
    await works();
    await server.stop();
    await until(() => !bus.isConnected);
    write(accounts.credentialsFor('w-a', { ...RIGHTS, publish: [...RIGHTS.publish, 'other'] }));
    await server.resume();
    await until(() => bus.isConnected);
    bus.publish('other', Buffer.from('x'));
    await works();
    expect(counted).not.toContain('NATS_REFUSED');
  });

  it('waits for a file that is none to become one', async () => {
    write('not credentials');
    start();
    await until(() => counted.length >= 2);
    expect(warnings('NATS not reachable')).toMatchObject([{ code: 'CREDENTIALS_INVALID' }]);
    write(accounts.credentialsFor('w-a', RIGHTS));
    await works();
  });
});
