import { hlsKeyId, LoadReport } from '@streamcluster/proto';
import { Writable } from 'node:stream';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../errors.ts';
import type { WorkerSighting } from '../../fleet/fleet.ts';
import { Bans } from '../../sessions/bans.ts';
import { MemoryRuntime } from '../../testing/memory-runtime.ts';
import { ReconcileRig } from '../../testing/reconcile-rig.ts';
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
  const effects = {
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
  };
  const step = new ConfigureStep(effects, new Bans({ unixMs: () => 0 }));
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

describe('a worker that has the newest version', () => {
  const report = { appliedVersion: 1n, startedUnixMs: 1n, grpcAddress: 'a:1' };

  async function heard(rig: ReconcileRig, more: Partial<LoadReport> = {}): Promise<string[]> {
    rig.configured.length = 0;
    await rig.report(['w-0'], { ...report, ...more });
    return rig.configured.map(([, { hlsKey, bans }]) => `${hlsKey.toString()} ${bans.length}`);
  }

  it('is told of another key of segments, once', async () => {
    const rig = new ReconcileRig('{fixed: {replicas: 1}}');
    await rig.start();
    expect(await heard(rig)).toEqual([]);
    rig.runtime.someHlsKey = Buffer.from('one');
    expect(await heard(rig)).toEqual(['one 0']);
    expect(await heard(rig)).toEqual([]);
    rig.runtime.someHlsKey = Buffer.from('two');
    expect(await heard(rig, { hlsKeyId: hlsKeyId(Buffer.from('one')) })).toEqual(['two 0']);
    // Another process, which says that it has it.
    const started = { startedUnixMs: 2n, hlsKeyId: hlsKeyId(Buffer.from('two')) };
    expect(await heard(rig, started)).toEqual([]);
  });

  it('is told of the bans that it missed, and a new process of all', async () => {
    const rig = new ReconcileRig('{fixed: {replicas: 1}}');
    await rig.start();
    const untilUnixMs = BigInt(rig.clock.unixMs() + 60_000);
    rig.bans.add({ address: 'a', userAgent: 'b', subject: '', untilUnixMs });
    expect(await heard(rig)).toEqual([]);
    rig.bans.missed.add('w-0');
    expect(await heard(rig)).toEqual([' 1']);
    expect(await heard(rig)).toEqual([]);
    expect(await heard(rig, { startedUnixMs: 2n, appliedVersion: 0n })).toEqual([' 1']);
    await rig.clock.advance(60_000);
    expect(await heard(rig, { startedUnixMs: 3n, appliedVersion: 0n })).toEqual([' 0']);
  });
});

describe('a worker that does not hear its configuration', () => {
  it('is complained of', async () => {
    expect(await complaints(false)).toHaveLength(1);
  });

  it('is not while it drains: it may be gone already', async () => {
    expect(await complaints(true)).toEqual([]);
  });
});
