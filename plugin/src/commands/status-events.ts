import { corePath } from '../kube/names.ts';
import type { KubeEvent, StreamCluster } from '../kube/types.ts';
import type { Session } from '../session.ts';

export interface EventRow {
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly count: number;
  /** Of the last time. */
  readonly time: string | null;
  readonly message: string;
}

/** A worker's name is CLUSTER-SLOT-INCARNATION. */
const WORKER_TAIL = /^-\d+-\d+$/;

/** Of the StreamCluster, and warnings of its workers; newest last. */
export async function loadEvents(
  { kube }: Session,
  { metadata: { name, namespace = '' } }: StreamCluster,
): Promise<EventRow[]> {
  const path = corePath('events', namespace);
  const select = (fieldSelector: string): Promise<KubeEvent[]> =>
    kube.list(path, { fieldSelector });
  const [own, ofPods] = await Promise.all([
    select(`involvedObject.kind=StreamCluster,involvedObject.name=${name}`),
    select('involvedObject.kind=Pod,type=Warning'),
  ]);
  const isWorkers = ({ involvedObject }: KubeEvent): boolean => {
    const pod = involvedObject?.name ?? '';
    return pod.startsWith(`${name}-`) && WORKER_TAIL.test(pod.slice(name.length));
  };
  return [...own, ...ofPods.filter(isWorkers)]
    .map(eventRow)
    .sort((a, b) => (a.time ?? '').localeCompare(b.time ?? ''));
}

function eventRow(event: KubeEvent): EventRow {
  const { type = '', reason = '', message = '', count = 1 } = event;
  return { type, reason, object: objectOf(event), count, time: timeOf(event), message };
}

function objectOf({ involvedObject }: KubeEvent): string {
  const { kind = '', name = '' } = involvedObject ?? {};
  return kind === 'Pod' ? name : `${kind}/${name}`;
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: KubeEvent): string | null {
  return lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? null;
}
