import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@streamcluster/bench';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from './clients/ffmpeg.ts';
import type { FlvViewer } from './clients/flv.ts';
import { metric, scrape } from './clients/metrics.ts';
import { RawClient } from './clients/raw-tcp.ts';
import { viewerOn } from './clients/viewers.ts';
import { compareTags } from './content/compare.ts';
import { fixture, type Fixture } from './content/fixture.ts';
import type { Child } from './harness/child.ts';
import { startOperator, TestCluster } from './harness/cluster.ts';
import { eventuallyTrue, within } from './harness/eventually.ts';
import { scratchFolder } from './harness/paths.ts';
import { residentBytes } from './harness/procfs.ts';

const STREAM = 'live/undisturbed';
/** Half handshakes and unfinished requests have to be given up by then. */
const GIVE_UP_MS = 45_000;
const AT_ONCE_MS = 10_000;
const CLIENTS = 50;
const REFUSALS = 'streamcluster_refusals_total';
const GROWTH_ALLOWED_BYTES = 150e6;

// Everything that no honest client sends, while a stream is watched that must
// not notice.
describe('bad input', { timeout: 180_000 }, () => {
  let cluster: TestCluster;
  let source: Fixture;
  let publisher: Child;
  let viewers: FlvViewer[];
  let pids: number[];
  let residentBefore: number[];

  beforeAll(async () => {
    source = await fixture({ seconds: 30, size: '640x360', videoBitsPerSecond: 800_000 });
    cluster = await TestCluster.start('bad-input');
    pids = cluster.workerPids();
    publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    await cluster.live(STREAM);
    viewers = await Promise.all(pids.map((pid) => viewerOn(cluster, STREAM, pid)));
    residentBefore = pids.map(residentBytes);
  }, 180_000);

  afterAll(() => cluster.stop());

  it('is cut off when it is garbage on the RTMP port', async () => {
    const clients = many(CLIENTS, () => new RawClient(cluster.rtmpPort));
    for (const client of clients) client.send(crypto.randomBytes(4096).fill(0xff, 0, 1));
    await Promise.all(clients.map((client) => client.endedWithin(AT_ONCE_MS)));
  });

  it('is cut off when garbage follows a handshake', async () => {
    const clients = many(CLIENTS, () => new RawClient(cluster.rtmpPort));
    for (const client of clients) {
      client.send(Buffer.concat([Buffer.of(3), Buffer.alloc(1536)]));
      client.send(Buffer.alloc(1536));
      // A chunk of format 3 on a stream that never had a header.
      client.send(Buffer.alloc(5000, 0xc7));
    }
    await Promise.all(clients.map((client) => client.endedWithin(AT_ONCE_MS)));
  });

  it('is refused when chunk sizes, message lengths and nesting are beyond bounds', async () => {
    const messages = {
      chunkSize: control(1, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
      messageLength: Buffer.from([0x03, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0]),
      nesting: nestingBomb(2000),
    };
    for (const [name, bytes] of Object.entries(messages)) {
      const client = new RawClient(cluster.rtmpPort);
      client.send(Buffer.concat([Buffer.of(3), Buffer.alloc(1536)]));
      client.send(Buffer.alloc(1536));
      client.send(bytes);
      await within(name, AT_ONCE_MS, client.ended);
    }
  });

  it('is given up when handshakes and requests are never finished', async () => {
    const handshakes = many(CLIENTS, () => new RawClient(cluster.rtmpPort));
    for (const client of handshakes) client.send(Buffer.concat([Buffer.of(3), Buffer.alloc(700)]));
    const requests = many(CLIENTS, () => new RawClient(cluster.httpPort));
    const trickle = trickleHeaders(requests);
    const clients = [...handshakes, ...requests];
    await Promise.all(clients.map((client) => client.endedWithin(GIVE_UP_MS)));
    clearInterval(trickle);
  });

  it.each([
    ['garbage', '\x00\x01\x02\x03\r\n\r\n', 400],
    ['no HTTP', 'HELO there\r\n\r\n', 400],
    ['a path that climbs', 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['an encoded path that climbs', 'GET /live/%2e%2e%2fx.flv HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a name with two dots', 'GET /live/a..b.flv HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    [
      'a name of 1,000 characters',
      `GET /live/${'a'.repeat(1000)}.flv HTTP/1.1\r\nHost: x\r\n\r\n`,
      400,
    ],
    ['a stream that is not there', 'GET /live/nobody.flv HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    [
      'headers without end',
      `GET /live/x.flv HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(100_000)}`,
      431,
    ],
  ])('is answered when it is %s', async (_what, request, status) => {
    const client = new RawClient(cluster.httpPort);
    client.send(request);
    await within(`an answer to ${request.slice(0, 60)}`, AT_ONCE_MS, answered(client));
    expect(client.text).toMatch(/^HTTP\/1\.[01] \d{3} /);
    const got = Number(client.text.slice(9, 12));
    expect([status, 400, 414].slice(0, status === 404 ? 1 : 3)).toContain(got);
    if (status === 404) expect(client.text).toContain('STREAM_NOT_FOUND');
    expect(client.text).not.toContain('root:');
    client.close();
  });

  it('in the StreamCluster is named by line and field, and the last good one stays', async () => {
    const good = fs.readFileSync(cluster.resourceFile, 'utf8');
    const { operator } = cluster;
    fs.writeFileSync(cluster.resourceFile, good.replace(/replicas: \d+/, 'replicas: lots'));
    await eventuallyTrue('the fault is told', AT_ONCE_MS, () =>
      /RESOURCE_INVALID.*cluster\.yaml:\d+:\d+: spec\.fixed\.replicas/.test(operator.output),
    );
    fs.writeFileSync(cluster.resourceFile, `${good}\n  - [`);
    await eventuallyTrue('the fault is told', AT_ONCE_MS, () =>
      /RESOURCE_UNREADABLE.*cluster\.yaml:\d+:\d+/.test(operator.output),
    );
    const { status } = await cluster.api.cluster();
    expect(status.readyReplicas).toBe(3);
    fs.writeFileSync(cluster.resourceFile, good);
  });

  it('is a port that another run has, and a folder where one runs', async () => {
    const ports = { rtmp: cluster.rtmpPort, http: await freePort(), api: await freePort() };
    const folder = scratchFolder('second');
    fs.copyFileSync(cluster.resourceFile, path.join(folder, 'cluster.yaml'));
    const second = await startOperator(folder, ports).ended;
    expect(second.code).toBe(1);
    expect(second.output).toMatch(new RegExp(`PORT_IN_USE.*${cluster.rtmpPort}`));
    const same = await startOperator(cluster.folder, { ...ports, rtmp: await freePort() }).ended;
    expect(same.code).toBe(1);
    expect(same.output).toMatch(new RegExp(`ALREADY_RUNNING.*${cluster.operator.pid}`));
    fs.rmSync(folder, { recursive: true });
  });

  it('is counted by its code', async () => {
    const scrapes = await Promise.all(cluster.adminPorts().map(scrape));
    const refused = (code: string): number =>
      scrapes.reduce((sum, text) => sum + metric(text, REFUSALS, `code="${code}"`), 0);
    expect(refused('RTMP_HANDSHAKE_INVALID')).toBe(CLIENTS);
    expect(refused('RTMP_CHUNKS_INVALID')).toBeGreaterThanOrEqual(CLIENTS);
    expect(refused('RTMP_COMMAND_INVALID')).toBe(1);
    expect(refused('RTMP_TIMEOUT')).toBe(CLIENTS);
    expect(refused('HTTP_TIMEOUT')).toBe(CLIENTS);
    expect(refused('HTTP_REQUEST_INVALID')).toBeGreaterThanOrEqual(3);
    expect(refused('STREAM_NAME_INVALID')).toBe(2);
    expect(refused('STREAM_NOT_FOUND')).toBe(1);
  });

  it('disturbed nobody, ended no worker and took no memory', async () => {
    expect(cluster.workerPids()).toEqual(pids);
    await publisher.success(120_000);
    await within('the stream ends', 60_000, Promise.all(viewers.map((viewer) => viewer.ended)));
    for (const viewer of viewers) {
      expect(viewer.error).toBeUndefined();
      compareTags(source, viewer.tags, { toTheEnd: true, atLeast: 500 });
    }
    for (const [i, pid] of pids.entries()) {
      const grownBytes = residentBytes(pid) - (residentBefore[i] ?? 0);
      expect(grownBytes).toBeLessThan(GROWTH_ALLOWED_BYTES);
    }
  });
});

function many<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

async function answered(client: RawClient): Promise<void> {
  while (!client.text.includes('\r\n\r\n') && !client.closed) await sleep(20);
}

/** A header line now and then, as slow-loris does. */
function trickleHeaders(clients: readonly RawClient[]): NodeJS.Timeout {
  for (const client of clients) client.send('GET /live/x.flv HTTP/1.1\r\nHost: x\r\n');
  return setInterval(() => {
    for (const client of clients) if (!client.closed) client.send('X-Slow: 1\r\n');
  }, 1000);
}

function control(typeId: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, body.length, typeId, 0, 0, 0, 0]), body]);
}

/** `connect` with objects in objects, in chunks of 128 bytes. */
function nestingBomb(depth: number): Buffer {
  const level = Buffer.from([0, 1, 0x61, 3]);
  const head = Buffer.from([2, 0, 7, ...Buffer.from('connect'), 0, ...Buffer.alloc(8), 3]);
  const body = Buffer.concat([head, ...many(depth, () => level)]);
  const header = Buffer.from([3, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0]);
  header.writeUIntBE(body.length, 4, 3);
  const chunks: Buffer[] = [header];
  for (let at = 0; at < body.length; at += 128) {
    if (at > 0) chunks.push(Buffer.of(0xc3));
    chunks.push(body.subarray(at, at + 128));
  }
  return Buffer.concat(chunks);
}
