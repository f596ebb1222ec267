import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from '../clients/ffmpeg.ts';
import { viewerOn } from '../clients/viewers.ts';
import { TestCluster } from '../harness/cluster.ts';
import { directoryEntries } from '../clients/directory.ts';
import { publishMany } from '../clients/load-generator.ts';
import { metric } from '../clients/metrics.ts';
import { fixture, type Fixture } from '../content/fixture.ts';
import type { Child } from '../harness/child.ts';
import { eventuallyTrue } from '../harness/eventually.ts';
import { scratchFolder } from '../harness/paths.ts';
import { FaultSite, MEDIA_PORTS } from './fault-site.ts';
import { seen, seenText } from './seen.ts';
import { SmallDisk } from './small-disk.ts';
import { goOn, watch, type Watchers } from './watching.ts';

const CLIP = { seconds: 150, size: '320x180', videoBitsPerSecond: 300_000 };
const STREAM = 'live/stored';
const FULL_MS = 30_000;
const NEW_STREAMS = 150;

describe('a disk of NATS that is full', { timeout: 240_000 }, () => {
  let site: FaultSite;
  let disk: SmallDisk;
  let source: Fixture;
  let watchers: Watchers;
  const publishers: Child[] = [];

  beforeAll(async () => {
    source = await fixture(CLIP);
    disk = new SmallDisk(path.join(scratchFolder('disk'), 'nats'), 16);
    site = await FaultSite.start('disk', { workers: 3, natsStore: disk.folder });
    publishers.push(site.publishTo('w-0', STREAM, source.file));
    await site.entry(STREAM);
    await site.servers(STREAM).serve('w-1', []);
    watchers = await watch(site, STREAM, site.workers);
  });

  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop('SIGKILL')));
    await site.stop();
    disk.close();
  });

  it('cuts nobody, new publishers are taken, and the directory is whole afterwards', async () => {
    disk.fill();
    const host = site.net.addressOf('w-0');
    const many = { host, port: MEDIA_PORTS.rtmp, count: NEW_STREAMS, app: 'many', seconds: 100 };
    publishers.push(await publishMany(many));
    publishers.push(site.publishTo('w-0', 'live/new', source.file));
    await sleep(FULL_MS);
    const news = await watch(site, 'live/new', ['w-0']);
    const known = await watch(site, STREAM, site.workers);
    for (const viewer of known.values()) viewer.close();
    const said = site.log('w-0').filter(({ msg }) => msg === 'directory stores nothing');
    expect(said[0]).toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
    // Each time that it was made anew it stored a little; not each of the many tries.
    expect(said.length).toBeLessThanOrEqual(3);
    const counted = metric(
      await site.metrics('w-0'),
      'streamcluster_refusals_total',
      'DIRECTORY_UNAVAILABLE',
    );
    disk.makeRoom();
    const roomMs = performance.now();
    await eventuallyTrue('the directory has all of them', 60_000, async () => {
      const entries = [...(await directoryEntries(site)).values()];
      return entries.filter(({ ingest }) => ingest === 'w-0').length === NEW_STREAMS + 2;
    });
    const wholeMs = performance.now() - roomMs;
    await goOn([...watchers.values(), ...news.values()], 'all go on', 5_000);
    console.log(
      `disk of NATS full for ${FULL_MS / 1_000} s: the ingest worker of ${NEW_STREAMS + 2} streams said so ${said.length} times, counted ${counted}; ` +
        `directory whole ${wholeMs.toFixed(0)} ms after there was room`,
    );
    for (const [worker, viewer] of watchers) {
      const found = seen([source], viewer.tags);
      console.log(`disk of NATS full: viewer at ${worker}: ${seenText(found)}`);
      expect(viewer.closed).toBe(false);
      expect(found.missing).toBe(0);
    }
  });
});

describe('a disk of `make run` that is full', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let disk: SmallDisk;
  let source: Fixture;

  beforeAll(async () => {
    source = await fixture(CLIP);
    disk = new SmallDisk(path.join(scratchFolder('run-disk'), 'disk'), 32);
    cluster = await TestCluster.start('run', { folder: path.join(disk.folder, 'run') });
  });

  afterAll(async () => {
    await cluster.stop();
    disk.close();
  });

  it('cuts nobody, and a worker that dies is started again', async () => {
    const publisher = publish(source.file, cluster.rtmpUrl(STREAM));
    const stream = await cluster.live(STREAM);
    const parts = [stream?.ingest, stream?.home];
    const [victim] = cluster.workers().filter(({ id }) => !parts.includes(id));
    const others = cluster.workers().filter(({ id }) => id !== victim!.id);
    const viewers = await Promise.all(others.map(({ pid }) => viewerOn(cluster, STREAM, pid)));
    await goOn(viewers, 'viewers see pictures', 15_000);
    disk.fill();
    await sleep(3_000);
    process.kill(victim!.pid, 'SIGKILL');
    const killedMs = performance.now();
    await eventuallyTrue('another process for it', 20_000, () =>
      cluster.workers().some(({ id, pid }) => id === victim!.id && pid !== victim!.pid),
    );
    const startedMs = performance.now() - killedMs;
    await sleep(10_000);
    await goOn(viewers, 'viewers go on', 5_000);
    expect(cluster.operator.running).toBe(true);
    // NATS is on this disk, too: nobody new can read the directory before there is room.
    disk.makeRoom();
    const roomMs = performance.now();
    await cluster.ready(3);
    const readyMs = performance.now() - roomMs;
    console.log(
      `disk of make run full: a killed worker was started again after ${startedMs.toFixed(0)} ms, ` +
        `and was ready ${readyMs.toFixed(0)} ms after there was room`,
    );
    for (const { tags } of viewers) {
      const found = seen([source], tags);
      console.log(`disk of make run full: ${seenText(found)}`);
      expect(found.missing).toBe(0);
    }
    await publisher.stop();
  });
});
