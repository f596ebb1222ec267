import { rebalance, scaling } from './balance.ts';
import { CLUSTER, type Call } from './call.ts';
import { clusterDetail, clusterList } from './clusters.ts';
import { CONSOLE_CALLS } from './console.ts';
import { kicked, sessionPage } from './sessions.ts';
import { streamDetail, streamPage } from './streams.ts';
import { workerList } from './workers.ts';

const SESSION_QUERY = {
  limit: 'Sessions on a page, 1 to 1000; 100 by default.',
  page: 'Of the page before.',
};

export const CALLS: readonly Call[] = [
  {
    ...{ method: 'GET', path: '/api/v1/clusters' },
    ...{ summary: 'All StreamClusters that are served', answer: clusterList },
  },
  {
    ...{ method: 'GET', path: CLUSTER },
    ...{ summary: 'A StreamCluster, with its last events', answer: clusterDetail },
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/workers` },
    ...{ summary: 'Its workers, with their last reports', answer: workerList },
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/streams`, answer: streamPage },
    summary: 'Its streams, page by page, by name',
    query: {
      limit: 'Streams on a page, 1 to 5000; 500 by default.',
      continue: 'Of the page before.',
    },
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/streams/:app/:stream` },
    ...{ summary: 'A stream, with who pulls it from whom', answer: streamDetail },
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/sessions`, answer: sessionPage },
    ...{ summary: 'Who publishes and plays', query: SESSION_QUERY },
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/streams/:app/:stream/sessions`, answer: sessionPage },
    ...{ summary: 'Who publishes and plays a stream', query: SESSION_QUERY },
  },
  {
    ...{ method: 'DELETE', path: `${CLUSTER}/streams/:app/:stream/sessions/:id` },
    summary: 'Ends a session',
    query: { banSeconds: 'Its client is refused for so long; 0 by default.' },
    answer: kicked,
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/rebalance` },
    ...{ summary: 'What rebalancing does, and why', answer: rebalance },
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/scaling`, answer: scaling },
    summary: 'Figures for those who scale by themselves (KEDA’s metrics-api)',
    query: {
      streamsPerWorker: 'What a worker can carry; of the StreamCluster by default.',
      bufferStreams: 'Streams for which there is to be room.',
    },
  },
  ...CONSOLE_CALLS,
  {
    ...{ method: 'GET', path: '/api/v1/openapi.json', answerType: 'application/json' },
    summary: 'This document',
  },
];
