import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { publish, Recorder } from '../src/clients/ffmpeg.ts';
import type { FlvViewer } from '../src/clients/flv.ts';
import { ProxyBalancer } from '../src/clients/proxy-protocol.ts';
import { EC, NEXT_EC, pem, signedQuery, STRANGER, token } from '../src/clients/tokens.ts';
import { compareTags, compareVideo } from '../src/content/compare.ts';
import { fixture, FRAMES_PER_SECOND, type Fixture } from '../src/content/fixture.ts';
import type { Child } from '../src/harness/child.ts';
import { within } from '../src/harness/eventually.ts';
import { scratchFolder } from '../src/harness/paths.ts';
import { selfSigned, type Certificate } from './harness/certificate.ts';
import { Door, fingerprintOf } from './harness/door.ts';
import { Installation, SYSTEM } from './harness/installation.ts';
import { PatientPublisher } from './harness/patient-publisher.ts';
import { ProxiedOperator } from './harness/proxied-operator.ts';
import { applySecret } from './harness/secrets.ts';
import { loginTests } from './login-tests.ts';

const NAME = 'live';
const STREAM = 'live/news';
const WORKER = { cpus: '50m', memory: '256Mi', pinning: 'None' };
const TLS_SECRET = { type: 'kubernetes.io/tls' };
const LONG = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const SERVER = 'media.example';
const READY_MS = 60_000;
/** What a kubelet with its usual minute takes, and then a worker. */
const ARRIVED_MS = 110_000;
const CUT_MS = 5_000;
const STILL_MS = 3_000;
const HOUR_SECONDS = 3_600;
/** So many that some meet each of two workers. */
const MANY = 20;
/** Of a film that is broken off the last ones are seen without those that stand before them. */
const REORDERED_PICTURES = 3;
const BEHIND_PICTURES = 3 * FRAMES_PER_SECOND;

const URL_KEYS = {
  'url-1': 'the first key of URLs, 32 bytes..',
  'url-2': 'the second key, 32 bytes or more',
};
const KEYS = { 'first.pem': pem(EC.publicKey), 'second.pem': pem(NEXT_EC.publicKey) };
const [byFirst, bySecond, forged] = [EC, NEXT_EC, STRANGER].map(({ privateKey: key }) => {
  return `token=${token({ key, streams: ['live/*'], expiresIn: HOUR_SECONDS })}`;
}) as [string, string, string];
const signed = signedQuery('play', STREAM, URL_KEYS['url-1'], HOUR_SECONDS);

const MISSING = '401 ACCESS_TOKEN_MISSING';
const INVALID = '401 ACCESS_TOKEN_INVALID';

let installation: Installation;
let source: Fixture;
let certificate: Certificate;
let publisher: Child;
let before: string[];
/** The Service, and both workers. */
let front: Door;
let doors: Door[];
/** Who may stay, from the first to the last. */
const here: FlvViewer[] = [];
let first: FlvViewer[] = [];
let hls: Recorder;
/** Also when a test fails. */
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  source = await fixture(LONG);
  installation = await Installation.start({ pinned: false, kubeletSyncSeconds: 4 });
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
  for (const viewer of [...here, ...first]) viewer.close();
  await installation.stop();
});
beforeEach(({ onTestFailed, task }) => {
  onTestFailed(async () => console.log(task.name, await installation.describe(NAME)));
});

test('rules outrun their keys: who shows a token or a signature stays, and newcomers wait', async () => {
  certificate = await selfSigned(SERVER);
  await applySecret(installation.cluster, 'media-tls', { ...certificate }, TLS_SECRET);
  await installation.apply(NAME, specWith({}));
  await installation.ready(NAME, 2, READY_MS);
  const pods = await installation.pods(NAME);
  before = await installation.incarnations(NAME);
  front = new Door(await installation.address(NAME), STREAM);
  doors = pods.map(({ status }) => new Door(status.podIP ?? '', STREAM));
  const mayPublish = signedQuery('publish', STREAM, URL_KEYS['url-1'], HOUR_SECONDS);
  publisher = publish(source.file, `rtmp://${front.host}:1935/${STREAM}?${mayPublish}`);
  cleanups.push(() => publisher.stop('SIGKILL'));
  await installation.until('published', 20_000, async () => {
    return ((await installation.status(NAME)).streams ?? 0) === 1;
  });
  const nobody = everywhere('');
  first = everywhere(byFirst);
  here.push(...everywhere(signed), front.secureFlv(signed, certificate, SERVER));
  hls = new Recorder(`http://${front.host}:8080/${STREAM}.m3u8?${signed}`, scratchFolder('hls'));
  cleanups.push(() => hls.child.stop('SIGKILL'));
  await play([...nobody, ...first, ...here]);
  await installation.until('HLS plays', 30_000, () => Promise.resolve(hls.pictures > 0));

  const cutMs = await since(async () => {
    await installation.apply(NAME, specWith(rules(['first.pem'], ['url-1'])));
    return () => within('who has nothing is cut', 30_000, ended(nobody));
  });
  console.log(`rules: who has nothing was cut ${cutMs} ms after kubectl apply`);
  expect(cutMs).toBeLessThan(CUT_MS);
  await answered('', MISSING);
  await answered(byFirst, '503 ACCESS_KEYS_INVALID');
  stillHere(first);
});

test('a Secret that was not there when the pods were made reaches them', async () => {
  const arrivedMs = await since(async () => {
    await applySecret(installation.cluster, `${NAME}-access`, {
      'first.pem': KEYS['first.pem'],
      'url-1': URL_KEYS['url-1'],
    });
    return () => answered(byFirst, '200');
  });
  console.log(`Secret made: keys in force at both workers ${arrivedMs} ms after kubectl apply`);
  await answered(signed, '200');
  const strange = signedQuery('play', STREAM, 'nobody knows this one, 32 bytes..');
  for (const query of [forged, strange]) await answered(query, INVALID);
  await answered('', MISSING);
  stillHere(first);
});

test('a second key is added while the first counts', async () => {
  const bySecondUrl = signedQuery('play', STREAM, URL_KEYS['url-2'], HOUR_SECONDS);
  const addedMs = await since(async () => {
    await applySecret(installation.cluster, `${NAME}-access`, { ...KEYS, ...URL_KEYS });
    await installation.apply(NAME, specWith(rules(Object.keys(KEYS), Object.keys(URL_KEYS))));
    return () => answered(bySecond, '200');
  });
  console.log(`second key: in force at both workers ${addedMs} ms after kubectl apply`);
  await answered(bySecondUrl, '200');
  const second = [...everywhere(bySecond), ...everywhere(bySecondUrl)];
  await play(second);
  here.push(...second);
  stillHere(first);
});

test('the first key is taken away: who came by it is cut, and nobody else', async () => {
  const removedMs = await since(async () => {
    await applySecret(installation.cluster, `${NAME}-access`, {
      'second.pem': KEYS['second.pem'],
      ...URL_KEYS,
    });
    return () => within('who came by the first key is cut', ARRIVED_MS, ended(first));
  });
  const slowestMs = Math.max(...(await Promise.all(doors.map((_, i) => cutAfterReadMs(i)))));
  console.log(
    `first key removed: ${first.length} viewers cut ${removedMs} ms after kubectl apply, ${slowestMs} ms after a worker saw it`,
  );
  expect(slowestMs).toBeLessThan(CUT_MS);
  await answered(byFirst, INVALID);
  await installation.apply(NAME, specWith(rules(['second.pem'], Object.keys(URL_KEYS))));
  await sleep(STILL_MS);
  await answered(bySecond, '200');
  stillHere();
});

test('a renewed certificate reaches newcomers, and cuts nobody', async () => {
  const renewed = await selfSigned(SERVER);
  const renewedMs = await since(async () => {
    await applySecret(installation.cluster, 'media-tls', { ...renewed }, TLS_SECRET);
    return () =>
      installation.until('both workers show it', ARRIVED_MS, async () => {
        const shown = await Promise.all(doors.map((door) => door.shownCertificate(SERVER)));
        return shown.every((one) => one === fingerprintOf(renewed));
      });
  });
  console.log(`certificate renewed: shown by both workers ${renewedMs} ms after kubectl apply`);
  const newcomer = front.secureFlv(signed, renewed, SERVER);
  await play([newcomer]);
  here.push(newcomer);
  // Whoever trusts the old one alone.
  const { ended } = front.secureFlv(signed, certificate, SERVER);
  await expect(ended).rejects.toThrow('self-signed certificate');
  stillHere();
});

test('all of it cost no viewer a picture, and no worker its pod', async () => {
  await publisher.stop('SIGINT');
  const { video } = await hls.finished(60_000);
  const whole = video.slice(0, -REORDERED_PICTURES);
  const { count } = compareVideo(source, whole, { toTheEnd: false, atLeast: 500 });
  const parts = here.map(({ tags }) => {
    return compareTags(source, tags, { toTheEnd: false, atLeast: 1 }).video;
  });
  const ends = parts.map((part) => part.first + part.count);
  const last = Math.max(...ends);
  console.log(
    `HLS viewer: ${count} pictures; FLV viewers: ${parts.map((part) => part.count).join(', ')}`,
  );
  expect(last - Math.min(...ends)).toBeLessThan(BEHIND_PICTURES);
  expect(await installation.incarnations(NAME)).toEqual(before);
});

test('who a balancer in front says that a client is, counts where it is trusted', async () => {
  const stream = 'near/news';
  const { host } = front;
  const [near, far] = ['203.0.113.9', '198.51.100.7'] as const;
  const rule = { apps: ['near'], play: { deny: [`${far}/32`] } };
  await installation.apply(NAME, specWith({ rules: [rule] }));
  const short = await fixture();
  const patient = new PatientPublisher(short.file, `rtmp://${host}:1935/${stream}`);
  const balancers = await Promise.all(
    [near, far].map((address) => ProxyBalancer.start(8080, address, host)),
  );
  const door = new Door(host, stream);
  const viewers: FlvViewer[] = [];
  try {
    await installation.until('published', 20_000, async () => (await door.answer('')) === '200');
    expect(await door.answer('', { 'x-forwarded-for': far })).toBe('200');
    for (let i = 0; i < MANY; i += 1) viewers.push(door.flv());
    await play(viewers);
    const reader = await ProxiedOperator.as(installation.cluster, SYSTEM, 'looker', [
      'sc-api-reader',
    ]);
    const trustedProxies = (await addresses(reader, MANY)).map((address) => `${address}/32`);
    console.log(`through the Service clients seem to come from ${trustedProxies.join(', ')}`);
    await installation.apply(NAME, specWith({ trustedProxies, rules: [rule] }));
    const refused = '403 ACCESS_ADDRESS_REFUSED';
    await installation.until('header believed', 20_000, async () => {
      const said = await Promise.all(
        Array.from({ length: MANY }, () => door.answer('', { 'x-forwarded-for': far })),
      );
      return said.every((one) => one === refused);
    });
    expect(await door.answer('', { 'x-forwarded-for': near })).toBe('200');
    const [throughNear, throughFar] = balancers.map(
      ({ port }) => new Door('127.0.0.1', stream, port),
    ) as [Door, Door];
    expect(await throughFar.answer('')).toBe(refused);
    viewers.push(throughNear.flv());
    await play(viewers);
    expect(await addresses(reader, MANY + 1)).toContain(near);
  } finally {
    for (const viewer of viewers) viewer.close();
    for (const balancer of balancers) balancer.close();
    await patient.stop();
  }
});

loginTests(NAME, () => installation);

function specWith(access: object): object {
  const tls = { secretNames: ['media-tls'] };
  return { fixed: { replicas: 2 }, worker: WORKER, tls, access };
}

function rules(jwtKeys: string[], urlKeys: string[]): object {
  const may = { credentials: ['Jwt', 'SignedUrl'] };
  const keys = { jwt: { keys: jwtKeys }, signedUrl: { keys: urlKeys } };
  return { rules: [{ apps: ['live'], ...keys, publish: may, play: may }] };
}

/** How long it took from what `begin` did to the end of what it gave, in whole ms. */
async function since(begin: () => Promise<() => Promise<unknown>>): Promise<number> {
  const wait = await begin();
  const startMs = performance.now();
  await wait();
  return Math.round(performance.now() - startMs);
}

/** Through the Service, and at each worker. */
function everywhere(query: string): FlvViewer[] {
  return [front, ...doors].map((door) => door.flv(query));
}

async function play(viewers: readonly FlvViewer[]): Promise<void> {
  await installation.until('all see something', 30_000, () => {
    return Promise.resolve(viewers.every(({ tags }) => tags.length > 0));
  });
}

async function ended(viewers: readonly FlvViewer[]): Promise<void> {
  await Promise.all(viewers.map((viewer) => viewer.ended));
}

/** Waits until both workers answer so. */
async function answered(query: string, wanted: string): Promise<void> {
  let said: string[] = [];
  const probe = async (): Promise<boolean> => {
    said = await Promise.all(doors.map((door) => door.answer(query)));
    return said.every((one) => one === wanted);
  };
  await installation.until(`${wanted} everywhere`, ARRIVED_MS, probe).catch((cause: unknown) => {
    throw new Error(`workers answer ${said.join(', ')}`, { cause });
  });
}

function stillHere(more: readonly FlvViewer[] = []): void {
  const gone = [...here, ...more].filter(({ closed }) => closed);
  expect(gone.map(({ status, error }) => ({ status, error }))).toEqual([]);
  expect([hls.child.running, publisher.running]).toEqual([true, true]);
}

/** How long after a worker saw that the first key is gone the last one there was cut. */
async function cutAfterReadMs(place: number): Promise<number> {
  const pod = before[place]?.split(' ')[0] ?? '';
  const log = await installation.cluster.kubectl('logs', pod);
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const timesOf = (what: Readonly<Record<string, string>>): number[] =>
    parsed
      .filter((line) => Object.entries(what).every(([key, value]) => line[key] === value))
      .map((line) => Number(line['time']));
  const gone = timesOf({ msg: 'entry is no key', entry: 'first.pem' }).at(-1) ?? NaN;
  const cut = timesOf({ msg: 'session cut', code: 'ACCESS_TOKEN_INVALID' });
  expect(cut.length).toBeGreaterThan(0);
  return Math.max(...cut) - gone;
}

/** From where viewers come, as the operator is told, once there are so many. */
async function addresses(reader: ProxiedOperator, count: number): Promise<string[]> {
  let found: string[] = [];
  await installation.until(`${count} viewers listed`, 20_000, async () => {
    const { text } = await reader.ask(
      `/api/v1/clusters/default/${NAME}/streams/near/news/sessions`,
      '',
    );
    const { items } = JSON.parse(text) as { items: { action: string; address: string }[] };
    found = items.filter(({ action }) => action === 'play').map(({ address }) => address);
    return found.length === count;
  });
  return [...new Set(found)];
}
