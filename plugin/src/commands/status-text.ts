import type { Io } from '../io.ts';
import type { StreamCluster } from '../kube/types.ts';
import { conditionTable } from '../output/condition-table.ts';
import { bold, paint } from '../output/paint.ts';
import { fields, plain, table } from '../output/table.ts';
import { count, counted, since, UNKNOWN } from '../output/units.ts';
import { workerTable } from '../workers/worker-table.ts';
import type { EventRow } from './status-events.ts';
import type { StatusItem } from './status.ts';

const MAX_EVENTS = 10;

/** A line for each of several StreamClusters. */
export function statusList(io: Io, clusters: readonly StreamCluster[]): string {
  const columns = [
    { head: 'NAMESPACE' },
    { head: 'NAME' },
    { head: 'PHASE' },
    { head: 'READY', align: 'right' as const },
    { head: 'DRAINING', align: 'right' as const },
    { head: 'STREAMS', align: 'right' as const },
    { head: 'VIEWERS', align: 'right' as const },
    { head: 'MAX/MEAN LOAD', align: 'right' as const },
    { head: 'AGE', align: 'right' as const },
  ];
  const rows = clusters.map(({ metadata, status = {} }) => [
    metadata.namespace ?? '',
    metadata.name,
    paint(io, status.phase ?? UNKNOWN),
    `${count(status.readyReplicas)}/${count(status.desiredReplicas)}`,
    count(status.draining),
    count(status.streams),
    count(status.viewers),
    status.maxLoad ?? UNKNOWN,
    since(metadata.creationTimestamp, io.unixMs()),
  ]);
  return table(columns, rows);
}

/** One StreamCluster in full. */
export function statusText(io: Io, item: StatusItem): string {
  const parts = [
    headText(io, item),
    section(io, 'Conditions', conditionTable(io, item.status?.conditions ?? [])),
    section(io, 'Workers', item.workers.length === 0 ? '' : workerTable(io, item.workers, false)),
    section(io, 'Events', eventTable(io, item.events.slice(-MAX_EVENTS))),
  ];
  return parts.join('\n');
}

function section(io: Io, name: string, body: string): string {
  return `${bold(io, `${name}:`)}${body === '' ? ' none\n' : `\n${indented(body)}`}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function headText(io: Io, item: StatusItem): string {
  const { status = {}, operator } = item;
  const { phase = UNKNOWN, readyReplicas, desiredReplicas, draining = 0 } = status;
  const ready = `${count(readyReplicas)} of ${counted(desiredReplicas, 'worker')} ready`;
  const { isReachable, service, message } = operator;
  const reach = isReachable ? '' : ` (${plain(message ?? '')})`;
  return fields([
    ['StreamCluster', `${item.namespace}/${item.name}`],
    ['Phase', `${paint(io, phase)}, ${ready}${draining > 0 ? `, ${draining} draining` : ''}`],
    ['Workers', scaleText(item)],
    ['Streams', `${count(status.streams)}, ${counted(status.viewers, 'viewer')}`],
    ['Load', loadText(status.maxLoad)],
    ['Spec', generationText(item)],
    ['Operator', isReachable ? (service ?? UNKNOWN) : `not reached${reach}`],
  ]);
}

function scaleText({ spec = {} }: StatusItem): string {
  const { fixed, autoscaling } = spec;
  if (autoscaling === undefined) return `fixed at ${count(fixed?.replicas)}`;
  const { minReplicas, maxReplicas, streamsPerWorker, bufferStreams = 0 } = autoscaling;
  const room = bufferStreams > 0 ? `, room for ${bufferStreams} more` : '';
  const range = `${count(minReplicas)} to ${count(maxReplicas)}`;
  return `${range}, one for every ${counted(streamsPerWorker, 'stream')}${room}`;
}

function loadText(maxLoad: string | undefined): string {
  return maxLoad === undefined ? UNKNOWN : `the busiest worker has ${maxLoad} x the mean`;
}

function generationText({ generation, status }: StatusItem): string {
  const observed = status?.observedGeneration;
  if (generation === null) return UNKNOWN;
  if (observed === generation) return `generation ${generation}, in force`;
  return `generation ${generation}, the operator has seen ${observed ?? 'none'}`;
}

function eventTable(io: Io, events: readonly EventRow[]): string {
  if (events.length === 0) return '';
  const heads = ['AGE', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'].map((head) => ({ head }));
  const rows = events.map(({ type, reason, object, count: times, time, message }) => [
    since(time, io.unixMs()),
    paint(io, type),
    plain(reason),
    plain(object),
    `${plain(message)}${times > 1 ? ` (${times} times)` : ''}`,
  ]);
  return table(heads, rows);
}
