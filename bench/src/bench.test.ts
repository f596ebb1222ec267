import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, DEFAULT_ENGINE_OPTIONS, type Engine } from '@streamcluster/worker';
import { BenchRun } from './bench-run.ts';
import { CLIP_SMALL, loadClip } from './generator/clip.ts';
import { workerFactory } from './server/worker-factory.ts';
import { Servers } from './server/servers.ts';
import { ours } from './workloads/contenders.ts';
import { deliver } from './workloads/deliver.ts';
import { fanOut } from './workloads/a-fan-out.ts';
import { summaryOf } from './report/judge.ts';

const VIEWERS = 40;
const STREAMS = 2;

describe('a run of the bench', () => {
  let engine: Engine;
  let servers: Servers;

  beforeAll(async () => {
    engine = createEngine(DEFAULT_ENGINE_OPTIONS);
    engine.setTicks(10, 0);
    servers = await Servers.start();
  });
  afterAll(async () => {
    await servers.stop();
    engine.close();
  });

  it('starts a worker, delivers, checks every byte and ends what it started', async () => {
    const clip = await loadClip(CLIP_SMALL);
    const factory = workerFactory(servers);
    const said: string[] = [];
    const run = new BenchRun({
      ...{ engine, servers, seconds: 2, rounds: 1, warmUpMs: 200 },
      factories: new Map([[factory.kind, factory]]),
      say: (text) => said.push(text),
    });
    const load = { clip, streams: STREAMS, viewers: VIEWERS, protocol: 'flv' } as const;
    const contender = ours({ task: 'flv', sendTickMs: 50 }, (server, lab) =>
      deliver(server, lab, load),
    );
    const one = {
      ...{ key: 'A-smoke', title: 'smoke', unit: 'viewer', bars: [] },
      contenders: [contender],
    };
    const result = await run.runCase(fanOut, one, [contender]);
    const faults = result.runs.map(({ fault }) => fault).filter((fault) => fault !== undefined);
    expect(faults).toEqual([]);
    const summary = summaryOf(result, 'ours');
    expect(summary?.unitsPerSecond).toBeGreaterThan(VIEWERS * 0.9);
    expect(summary?.rssBytes).toBeGreaterThan(50e6);
    expect(summary?.figures['sendTickMs']).toBe(50);
    // 20 calls a second at this tick, and some for what else the worker does.
    expect(summary?.callsPerUnit).toBeGreaterThan(10);
    expect(said[0]).toContain('A-smoke');
    expect(engine.connections()).toEqual([]);
  });
});
