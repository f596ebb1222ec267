import { Broadcast } from '../generator/broadcast.ts';
import type { Clip } from '../generator/clip.ts';
import { HlsSource } from '../generator/hls-source.ts';
import { RequestLoad } from '../generator/request-load.ts';
import { plainDial, tlsDial } from '../generator/wire.ts';
import { sleep } from '../generator/wait.ts';
import { takeSample } from '../measure/sample.ts';
import type { ServerUnderTest } from '../server/server.ts';
import { measurementOf } from './measurement.ts';
import { RUN_IN_MS, runIn } from './run-in.ts';
import { APP, HOST, type Lab, type Measurement } from './workload.ts';

export interface Requests {
  readonly clip: Clip;
  readonly what: 'playlist' | 'segment';
  readonly connections: number;
  readonly perSecond: number;
  /** Bytes that are one unit; undefined: an answer is. */
  readonly unitBytes?: number;
  readonly isTls?: boolean;
}

/** Of our worker: a playlist of nearly 400 B, or one segment to ask for. */
const SEGMENTS_WANTED = { playlist: 2, segment: 1 };
const RUN_IN_CLIENTS = 20;
const RUN_IN_PER_SECOND = 1_000;

/** Answers requests at a fixed rate; of our worker for a live stream. */
export async function serveFiles(
  server: ServerUnderTest,
  lab: Lab,
  requests: Requests,
): Promise<Measurement> {
  const { perSecond, connections, unitBytes, isTls = false } = requests;
  const port = isTls ? server.ports.https : server.ports.http;
  if (port === undefined) throw new Error(`${server.kind} has no port for this`);
  const name = `h-${lab.tag}`;
  const to = { engine: lab.engine, server, app: APP, names: [name], clip: requests.clip };
  await runIn(lab, server, requests.clip);
  const broadcast = await Broadcast.start(to);
  const source = new HlsSource({ server, app: APP, name, what: requests.what });
  const load = new RequestLoad({
    dial: isTls ? tlsDial(HOST, port) : plainDial(lab.engine, HOST, port),
    connections,
    request: (client) => source.request(client),
  });
  try {
    await source.begin(SEGMENTS_WANTED[requests.what]);
    if (isTls) await runInPlain(lab, server, source);
    await load.open();
    load.start(perSecond);
    await sleep(lab.warmUpMs);
    const answers: number[] = [];
    const sample = await takeSample(server, lab, () => {
      answers.push(load.answers);
      const units = unitBytes === undefined ? load.answers : load.bytes / unitBytes;
      return { bytes: load.bytes, units };
    });
    const [from = 0, to = 0] = answers;
    const bytesPerAnswer = sample.bytes / Math.max(1, to - from);
    const figures = { bytesPerAnswer };
    const expected = bytesPerAnswer * perSecond * sample.seconds;
    return measurementOf(sample, expected, { figures, fault: load.fault ?? source.fault });
  } finally {
    source.stop();
    load.stop();
    await broadcast.end();
  }
}

/** What answers is the same without TLS, of which the generator cannot ask for so much. */
async function runInPlain(lab: Lab, server: ServerUnderTest, source: HlsSource): Promise<void> {
  const { http } = server.ports;
  if (http === undefined || lab.warmUpMs < RUN_IN_MS) return;
  const load = new RequestLoad({
    dial: plainDial(lab.engine, HOST, http),
    connections: RUN_IN_CLIENTS,
    request: (client) => source.request(client),
  });
  try {
    await load.open();
    load.start(RUN_IN_PER_SECOND);
    await sleep(RUN_IN_MS);
  } finally {
    load.stop();
  }
}
