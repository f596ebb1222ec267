import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publish, Recorder } from '../src/clients/ffmpeg.ts';
import { compareAudio, compareVideo } from '../src/content/compare.ts';
import { fixture } from '../src/content/fixture.ts';
import { ROOT, scratchFolder } from '../src/harness/paths.ts';
import { Installation, type Pod } from './harness/installation.ts';

const READY_MS = 60_000;
const PLAYED_MS = 120_000;
const STREAM = 'live/news';
const NAME = 'pinned';

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({ pinned: true });
});
afterAll(() => installation.stop());

test('a sample is ready within a minute, one worker on each node, aligned', async () => {
  const { cluster } = installation;
  const sample = path.join(ROOT, 'manifests/samples/pinned.yaml');
  const startMs = performance.now();
  await cluster.kubectl('apply', '-f', sample);
  await cluster.kubectl(
    ...['wait', '--for=condition=Ready', `streamcluster/${NAME}`, `--timeout=${READY_MS / 1000}s`],
  );
  const readyMs = performance.now() - startMs;
  console.log(`kubectl apply to Ready: ${readyMs.toFixed(0)} ms`);
  const pods = await installation.pods(NAME);
  expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(['node-1', 'node-2']);
  await cluster.kubectl(
    ...['wait', '--for=condition=NumaAligned', `streamcluster/${NAME}`, '--timeout=20s'],
  );
});

test('each worker runs on the CPU that its kubelet gave away', async () => {
  for (const pod of await installation.pods(NAME)) {
    const seen = await cpusSeenIn(pod);
    const given = cpusGivenTo(pod);
    console.log(`${pod.metadata.name} on ${pod.spec.nodeName}: sees ${seen}, was given ${given}`);
    expect(seen).toBe(given);
    expect(seen).toMatch(/^\d+$/);
  }
});

test('ffmpeg publishes through the Service and plays the same back', async () => {
  const source = await fixture();
  const folder = scratchFolder('pinned');
  const host = await installation.address(NAME);
  const publisher = publish(source.file, `rtmp://${host}:1935/${STREAM}`);
  await installation.until('published', 20_000, async () => {
    return ((await installation.status(NAME)).streams ?? 0) === 1;
  });
  const urls = [
    `rtmp://${host}:1935/${STREAM}`,
    `http://${host}:8080/${STREAM}.flv`,
    `http://${host}:8080/${STREAM}.m3u8`,
  ];
  const players = urls.map((url) => new Recorder(url, folder));
  await publisher.success(PLAYED_MS);
  for (const [i, player] of players.entries()) {
    const { video, audio } = await player.finished(PLAYED_MS);
    const pictures = compareVideo(source, video, { toTheEnd: true, atLeast: 150 });
    const sounds = compareAudio(source, audio, { toTheEnd: true, atLeast: 200 });
    console.log(`${urls[i]}: ${pictures.count} pictures, ${sounds.count} sounds, all the source's`);
  }
  fs.rmSync(folder, { recursive: true });
});

async function cpusSeenIn({ metadata }: Pod): Promise<string | undefined> {
  const read = ['exec', metadata.name, '--', 'cat', '/proc/1/status'] as const;
  const text = await installation.cluster.kubectl(...read);
  return /^Cpus_allowed_list:\s+(\S+)$/m.exec(text)?.[1];
}

function cpusGivenTo({ metadata, spec }: Pod): string | undefined {
  const node = installation.nodes.find(({ name }) => name === spec.nodeName);
  return node?.cpuManagerState().entries?.[metadata.uid]?.['worker'];
}
