import { PluginError } from '../errors.ts';
import { DRAIN_ANNOTATION } from '../kube/names.ts';
import type { Pod } from '../kube/types.ts';
import type { WorkerItem } from '../operator/types.ts';
import { plain } from '../output/table.ts';
import { counted } from '../output/units.ts';
import type { Session } from '../session.ts';
import { waitFor, type Progress, type WaitFlags } from './wait.ts';
import { annotate, samePod, workerItem, workerPod, type WorkerPod } from './worker-pod.ts';

export interface DrainFlags extends WaitFlags {
  readonly reason: string;
}

export async function drain(session: Session, name: string, flags: DrainFlags): Promise<void> {
  const worker = await workerPod(session, name);
  if (worker.hasEnded) {
    throw new PluginError('DRAIN_FAILED', `worker "${name}" has ended already`);
  }
  const { drain: earlier } = worker;
  if (earlier === undefined) await annotate(session, worker, flags.reason);
  const told = earlier === undefined ? `worker ${name} will drain` : alreadyText(name, earlier);
  if (flags.wait === true) {
    session.note(told);
    await waitFor(session, flags, () => drainProgress(session, worker));
  }
  const reason = earlier ?? flags.reason;
  const { namespace, cluster } = worker;
  if (session.isJson) {
    const isDrained = flags.wait === true;
    session.json({ namespace, cluster, worker: name, reason, isDrained });
  } else if (flags.wait !== true) session.io.out(`${told}\n`);
  else session.io.out(`worker ${name} is drained\n`);
}

function alreadyText(name: string, reason: string): string {
  return `worker ${name} drains already (${plain(reason)})`;
}

async function drainProgress(session: Session, worker: WorkerPod): Promise<Progress> {
  const pod = await samePod(session, worker);
  const { name } = worker;
  if (pod === undefined) return { text: `${name}: gone`, end: 'done' };
  const end = endOf(pod);
  if (end !== undefined) return end;
  const item = await workerItem(session, worker);
  return {
    text: `${name}: ${item === undefined ? 'waiting, the operator does not answer' : leftText(item)}`,
  };
}

/** Undefined: it goes on. */
function endOf({ metadata, status }: Pod): Progress | undefined {
  const { name, annotations, deletionTimestamp } = metadata;
  if (status?.phase === 'Succeeded') return { text: `${name}: ended`, end: 'done' };
  if (status?.phase === 'Failed') {
    return failed(`${name}: failed`, `worker "${name}" failed while it drained: see its log`);
  }
  const isAsked = annotations?.[DRAIN_ANNOTATION] !== undefined;
  if (isAsked || deletionTimestamp !== undefined) return undefined;
  return failed(`${name}: taken back`, `the drain of worker "${name}" was taken back`);
}

function failed(text: string, message: string): Progress {
  return { text, end: new PluginError('DRAIN_FAILED', message) };
}

function leftText({ state, publishers, viewers, streams }: WorkerItem): string {
  const left = [
    counted(publishers, 'publisher'),
    counted(viewers, 'viewer'),
    counted(streams, 'stream'),
  ];
  return `${plain(state)}, ${left.join(', ')}`;
}
