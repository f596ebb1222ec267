import type { Clip } from '../generator/clip.ts';
import { ContentCheck } from '../generator/content-check.ts';
import { ReadingViewer } from '../generator/reading-viewer.ts';
import { patiently } from '../generator/wait.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { APP, HOST, type Lab } from './workload.ts';

const SAMPLES = 3;
const SAMPLE_SECONDS = 2;
const SAMPLE_MS = 30_000;

interface Published {
  readonly clip: Clip;
  readonly names: readonly string[];
}

/** Reads some of the streams of our worker; says in a sentence what was wrong with them. */
export async function compareStreams(
  server: ServerUnderTest,
  lab: Lab,
  { clip, names }: Published,
): Promise<string | undefined> {
  const { http: port } = server.ports;
  if (server.kind !== 'worker' || port === undefined) return undefined;
  const chosen = Array.from({ length: Math.min(SAMPLES, names.length) }, (_, i) => {
    return names[Math.floor((i * names.length) / SAMPLES)] ?? '';
  });
  const wanted = Math.floor((clip.tags.length * SAMPLE_SECONDS * 1000) / clip.durationMs);
  const faults = await Promise.all(
    chosen.map((name) => {
      const check = new ContentCheck(clip);
      const at = { engine: lab.engine, host: HOST, port, path: `/${APP}/${name}.flv` };
      return compare(check, new ReadingViewer(at, check), wanted);
    }),
  );
  return faults.find((fault) => fault !== undefined);
}

async function compare(
  check: ContentCheck,
  viewer: ReadingViewer,
  wanted: number,
): Promise<string | undefined> {
  await patiently('a sample is compared', SAMPLE_MS, () => {
    return check.tags >= wanted || check.error !== undefined || viewer.isClosed;
  });
  viewer.connection.close();
  if (check.tags >= wanted && check.error === undefined) return undefined;
  return `a stream ended after ${check.tags} tags: ${check.error ?? `status ${viewer.status}`}`;
}
