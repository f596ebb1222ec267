import { describe, expect, it } from 'vitest';
import { scalingOf } from './scaling.ts';
import { TestCluster } from './testing/cluster-view.ts';

const AUTOSCALING = '{autoscaling: {maxReplicas: 9, streamsPerWorker: 10, bufferStreams: 5}}';

function withStreams(spec: string, count: number): TestCluster {
  const cluster = new TestCluster(spec);
  for (let at = 0; at < count; at += 1) cluster.publish(`live/s-${at}`);
  return cluster;
}

describe('scalingOf', () => {
  it('follows the streams where the resource says how many a worker serves', () => {
    expect(scalingOf(withStreams(AUTOSCALING, 26).view(), {})).toMatchObject({
      streams: 26,
      basis: 'Streams',
      streamsPerWorker: 10,
      neededWorkers: 4,
    });
  });

  it('follows the streams by the rule of the query in fixed mode', () => {
    const view = withStreams('{fixed: {replicas: 1}}', 26).view();
    const query = { streamsPerWorker: '5', bufferStreams: '4' };
    expect(scalingOf(view, query)).toMatchObject({ basis: 'Streams', neededWorkers: 6 });
    expect(scalingOf(view, { streamsPerWorker: '5' })).toMatchObject({ neededWorkers: 6 });
  });

  it('follows the load in fixed mode without one', () => {
    const cluster = withStreams('{fixed: {replicas: 2}}', 3);
    cluster.report('w-0', { loopUtilization: 0.9, viewersByProtocol: { flv: 7, relay: 1 } });
    cluster.report('w-1', { loopUtilization: 0.7 });
    cluster.report('w-2', { loopUtilization: 0.9, draining: true });
    expect(scalingOf(cluster.view(), {})).toEqual({
      streams: 3,
      viewers: 7,
      meanLoadPercent: 80,
      // Counted, and seven viewers are nothing.
      maxOverMeanLoad: 1,
      basis: 'Load',
      neededWorkers: 3,
      desiredReplicas: 0,
      readyReplicas: 0,
    });
  });

  it('wants as many as there are while nobody says how busy it is', () => {
    const cluster = withStreams('{fixed: {replicas: 7}}', 3);
    cluster.status = { desiredReplicas: 7, readyReplicas: 6 };
    expect(scalingOf(cluster.view(), {})).toMatchObject({
      neededWorkers: 7,
      desiredReplicas: 7,
      readyReplicas: 6,
    });
  });

  it.each([
    { streamsPerWorker: '0' },
    { streamsPerWorker: 'x' },
    { streamsPerWorker: '1.5' },
    { streamsPerWorker: '5', bufferStreams: '-1' },
  ])('refuses %j', (query) => {
    const view = withStreams('{fixed: {replicas: 1}}', 0).view();
    expect(() => scalingOf(view, query)).toThrow(
      /malformed: (streamsPerWorker|bufferStreams) must be/,
    );
  });
});
