import { LoadReport } from '@streamcluster/proto';
import { Writable } from 'node:stream';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../errors.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import { MemoryRuntime } from '../../testing/memory-runtime.ts';
import { ConfigureStep } from './step.ts';

const IDLE = { settledBusy: 0, load: 0, previousLoad: undefined };

function sighting(isDraining: boolean): WorkerSighting {
  const report = LoadReport.fromPartial({ worker: 'w-0', startedUnixMs: 1n, grpcAddress: 'a:1' });
  return { id: 'w-0', report, receivedAtMs: 0, isSilent: false, isDraining, ...IDLE };
}

/** What is said of a worker that does not hear. */
async function complaints(isDraining: boolean): Promise<string[]> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      lines.push(chunk.toString());
      done();
    },
  });
  const runtime = new MemoryRuntime('{fixed: {replicas: 1}}');
  const step = new ConfigureStep({
    runtime,
    control: {
      configure: () => Promise.reject(new OperatorError('WORKER_UNREACHABLE')),
      drain: () => Promise.resolve(),
      undrain: () => Promise.resolve(),
      serve: () => Promise.reject(new OperatorError('WORKER_UNREACHABLE')),
      accept: () => Promise.resolve(),
    },
    log: pino({ level: 'info' }, sink),
    markDraining: () => undefined,
    forget: () => undefined,
    count: () => undefined,
  });
  await step.run({
    ...runtime.resource(),
    generation: 1,
    instances: [],
    sightings: new Map([['w-0', sighting(isDraining)]]),
    directory: new Map(),
    isBusConnected: true,
    problems: [],
    nowMs: 0,
    unixMs: 0,
  });
  return lines;
}

describe('a worker that does not hear its configuration', () => {
  it('is complained of', async () => {
    expect(await complaints(false)).toHaveLength(1);
  });

  it('is not while it drains: it may be gone already', async () => {
    expect(await complaints(true)).toEqual([]);
  });
});
