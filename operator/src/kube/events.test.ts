import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { KubeError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { EventRecorder, referenceTo } from './events.ts';
import type { Event } from './resources.ts';
import { keptLog } from './testing/kept-log.ts';

const OBJECT = { kind: 'StreamCluster', namespace: 'media', name: 'live', uid: 'u' };
const STARTED = { type: 'Normal', reason: 'WorkerStarted', message: 'live-0-1' } as const;

describe('EventRecorder', () => {
  let clock: ManualClock;
  let recorder: EventRecorder;
  let created: Event[];
  let patched: unknown[];
  let fault: KubeError | undefined;
  beforeEach(() => {
    clock = new ManualClock();
    created = [];
    patched = [];
    fault = undefined;
    const client = {
      create: (_resource: unknown, event: Event) => {
        if (fault !== undefined) return Promise.reject(fault);
        created.push(event);
        return Promise.resolve(event);
      },
      patch: (_resource: unknown, target: unknown, patch: unknown) => {
        if (fault !== undefined) return Promise.reject(fault);
        patched.push([target, patch]);
        return Promise.resolve({});
      },
    } as unknown as KubeClient;
    const { log } = keptLog();
    recorder = new EventRecorder({ client, instance: 'op-1', clock, log, random: () => 1 });
  });

  it('leaves none behind that comes just when the one before is done', async () => {
    for (let ticks = 0; ticks < 12; ticks += 1) {
      recorder.record(OBJECT, { ...STARTED, message: `first ${ticks}` });
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      recorder.record(OBJECT, { ...STARTED, message: `second ${ticks}` });
      await clock.advance(0);
      expect(created.at(-1)?.message).toBe(`second ${ticks}`);
    }
  });

  it('says what happened to what', async () => {
    recorder.record(OBJECT, STARTED);
    await clock.advance(0);
    expect(created).toEqual([
      {
        metadata: {
          namespace: 'media',
          name: expect.stringMatching(/^live\.[0-9a-f]{16}$/) as string,
        },
        involvedObject: OBJECT,
        ...STARTED,
        firstTimestamp: '2027-01-15T08:00:00Z',
        lastTimestamp: '2027-01-15T08:00:00Z',
        count: 1,
        source: { component: 'streamcluster-operator' },
        reportingComponent: 'streamcluster-operator',
        reportingInstance: 'op-1',
      },
    ]);
  });

  it('counts what happens again within ten minutes', async () => {
    for (let i = 0; i < 3; i += 1) {
      recorder.record(OBJECT, STARTED);
      await clock.advance(590_000);
    }
    const { namespace, name } = created[0]!.metadata!;
    expect(created).toHaveLength(1);
    expect(patched).toEqual([
      [
        { namespace, name },
        { count: 2, lastTimestamp: '2027-01-15T08:09:50Z' },
      ],
      [
        { namespace, name },
        { count: 3, lastTimestamp: '2027-01-15T08:19:40Z' },
      ],
    ]);
    await clock.advance(20_000);
    recorder.record(OBJECT, STARTED);
    recorder.record(OBJECT, { ...STARTED, message: 'live-1-1' });
    await clock.advance(0);
    expect(created).toHaveLength(3);
    expect(recorder.counts).toEqual({ sent: 5, dropped: 0, failed: 0 });
  });

  it('begins anew when the Event is gone', async () => {
    recorder.record(OBJECT, STARTED);
    await clock.advance(0);
    fault = KubeError.fromAnswer(404, '');
    recorder.record(OBJECT, STARTED);
    fault = undefined;
    await clock.advance(0);
    expect(created).toHaveLength(2);
    expect(patched).toEqual([]);
  });

  it('says 25 things of an object for one reason, and then one in five minutes', async () => {
    const other = { ...OBJECT, name: 'other' };
    for (let i = 0; i < 40; i += 1) recorder.record(OBJECT, { ...STARTED, message: String(i) });
    recorder.record(other, STARTED);
    recorder.record(OBJECT, { ...STARTED, reason: 'WorkerExited' });
    await setImmediate();
    expect(created).toHaveLength(27);
    expect(recorder.counts.dropped).toBe(15);
    await clock.advance(300_000);
    recorder.record(OBJECT, STARTED);
    recorder.record(OBJECT, STARTED);
    await clock.advance(0);
    expect(created).toHaveLength(28);
  });

  it('keeps what happens in an outage, in order, but only so much', async () => {
    fault = KubeError.local('Unreachable', 'refused');
    for (let i = 0; i < 1_100; i += 1) {
      recorder.record({ ...OBJECT, name: `live-${i}` }, STARTED);
    }
    await clock.advance(20_000);
    fault = undefined;
    await clock.advance(30_000);
    await setImmediate();
    expect(created.slice(0, 2).map(({ involvedObject }) => involvedObject.name)).toEqual([
      'live-0',
      'live-1',
    ]);
    const { sent, dropped, failed } = recorder.counts;
    expect([sent, dropped, failed]).toEqual([1_001, 99, 0]);
  });

  it('gives up on what is refused', async () => {
    fault = KubeError.fromAnswer(403, '{"message":"forbidden"}');
    recorder.record(OBJECT, STARTED);
    await clock.advance(0);
    expect(recorder.counts).toEqual({ sent: 0, dropped: 0, failed: 1 });
  });

  it('is closed soon, also in an outage', async () => {
    fault = KubeError.local('Unreachable', 'refused');
    recorder.record(OBJECT, STARTED);
    recorder.record(OBJECT, STARTED);
    let isClosed = false;
    void recorder.close().then(() => {
      isClosed = true;
    });
    await clock.advance(2_000);
    expect(isClosed).toBe(true);
    recorder.record(OBJECT, STARTED);
    expect(recorder.counts).toEqual({ sent: 0, dropped: 1, failed: 2 });
  });

  it('cuts long texts and names', async () => {
    const name = 'x'.repeat(253);
    recorder.record({ ...OBJECT, name }, { ...STARTED, message: 'y'.repeat(5_000) });
    await clock.advance(0);
    expect(created[0]?.message).toHaveLength(1_024);
    expect(created[0]?.metadata?.name?.length).toBeLessThanOrEqual(253);
  });
});

describe('referenceTo', () => {
  it('refers to this one, not to another of its name', () => {
    const metadata = { namespace: 'media', name: 'live', uid: 'u', resourceVersion: '7' };
    const kind = { apiVersion: 'streamcluster.dev/v1alpha1', kind: 'StreamCluster' };
    expect(referenceTo({ ...kind, metadata })).toEqual({ ...kind, ...metadata });
  });
});
