import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamClusterStatus } from '../api/status.ts';
import { KubeError, type KubeClient } from '../kube/mod.ts';
import { keptLog } from '../kube/testing/kept-log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { StatusWriter } from './status-writer.ts';

const STATUS = { phase: 'Ready', streams: 1, numa: '1/1 aligned' } as StreamClusterStatus;

describe('StatusWriter', () => {
  let clock: ManualClock;
  let writer: StatusWriter;
  let written: object[];
  let tries: number;
  let lacks: string[];
  beforeEach(() => {
    clock = new ManualClock();
    written = [];
    tries = 0;
    lacks = [];
    const client = {
      apply: (_: unknown, { status }: { readonly status: object }) => {
        tries += 1;
        const unknown = lacks.find((name) => name in status);
        if (unknown === undefined) return Promise.resolve(written.push(status));
        const message = `failed to create typed patch object: .status.${unknown}: field not declared in schema`;
        return Promise.reject(KubeError.fromAnswer(500, JSON.stringify({ message })));
      },
    } as unknown as KubeClient;
    const { log } = keptLog();
    writer = new StatusWriter({ client, target: { namespace: 'n', name: 'live' }, clock, log });
  });

  it('leaves out what an older CRD lacks, and says so', async () => {
    lacks = ['streams', 'numa'];
    await writer.write(STATUS);
    expect(written).toEqual([{ phase: 'Ready' }]);
    const [problem] = writer.problems;
    expect(problem?.reason).toBe('CRDOutdated');
    expect(problem?.message).toContain('lacks status.streams, status.numa; apply');
    tries = 0;
    await writer.write(STATUS);
    expect(tries).toBe(1);
  });

  it('asks again from time to time, and takes the newer CRD', async () => {
    lacks = ['numa'];
    await writer.write(STATUS);
    tries = 0;
    for (let second = 0; second < 60; second += 1) {
      await writer.askAgain();
      await clock.advance(1_000);
    }
    expect(tries).toBe(1);
    expect(writer.problems).toHaveLength(1);
    lacks = [];
    await clock.advance(30_000);
    await writer.askAgain();
    expect(writer.problems).toEqual([]);
    expect(written.at(-1)).toEqual(STATUS);
    await clock.advance(30_000);
    tries = 0;
    await writer.askAgain();
    expect(tries).toBe(0);
  });

  it('asks for nothing where the CRD has all', async () => {
    await writer.write(STATUS);
    await clock.advance(60_000);
    await writer.askAgain();
    expect(tries).toBe(1);
  });
});
