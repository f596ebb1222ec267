import { decisionItem } from '../decision-item.ts';
import type { ClusterItems } from './cluster-items.ts';
import type { Item } from './difference.ts';
import { streamRow } from './stream-row.ts';
import type { Topic } from './topic.ts';
import { relayTree } from '../../fleet/relay-tree.ts';
import { streamItem } from '../stream-item.ts';
import type { ClusterView } from '../view.ts';
import { workerItems } from '../worker-items.ts';

const NOTHING: ReadonlyMap<string, Item> = new Map();

/** What a topic shows now, by key; empty where there is no such thing. */
export async function topicItems(
  topic: Topic,
  clusters: readonly ClusterView[],
  items: ClusterItems,
): Promise<ReadonlyMap<string, Item>> {
  if (topic.kind === 'clusters') {
    return new Map(clusters.map((view) => [keyOf(view), items.summary(view)]));
  }
  const key = `${topic.namespace}/${topic.name}`;
  const view = clusters.find((one) => keyOf(one) === key);
  if (view === undefined) return NOTHING;
  if (topic.kind === 'cluster') return await items.parts(view);
  if (topic.kind === 'workers') {
    const workers = workerItems(await view.instances(), view.sightings());
    return new Map(workers.map((worker) => [worker.id, { ...worker }]));
  }
  if (topic.kind === 'streams') {
    return new Map(view.streams().map((stream) => [stream.name, streamRow(stream)]));
  }
  return streamParts(view, topic.stream);
}

function keyOf({ resource: { metadata } }: ClusterView): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function streamParts(view: ClusterView, name: string): ReadonlyMap<string, Item> {
  const stream = view.stream(name);
  if (stream === undefined) return NOTHING;
  const tree = relayTree(stream.workers);
  const decision = decisionItem(stream, view.decisionOn(name));
  return new Map([['stream', { ...streamItem(stream), tree, decision }]]);
}
