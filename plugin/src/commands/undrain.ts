import { PluginError } from '../errors.ts';
import { plain } from '../output/table.ts';
import type { Session } from '../session.ts';
import { podState } from '../workers/worker-row.ts';
import { waitFor, type Progress, type WaitFlags } from './wait.ts';
import {
  annotate,
  hasEnded,
  samePod,
  workerItem,
  workerPod,
  type WorkerPod,
} from './worker-pod.ts';

export async function undrain(session: Session, name: string, flags: WaitFlags): Promise<void> {
  const worker = await workerPod(session, name);
  if (worker.hasEnded || worker.isTerminating) throw tooLate(name);
  const wasDraining = worker.drain !== undefined;
  if (wasDraining) await annotate(session, worker, null);
  if (flags.wait === true) await waitFor(session, flags, () => undrainProgress(session, worker));
  const { namespace, cluster } = worker;
  if (session.isJson) session.json({ namespace, cluster, worker: name, wasDraining });
  else {
    const done = flags.wait === true ? 'serves again' : 'will serve again';
    session.io.out(`worker ${name} ${wasDraining ? done : 'was not asked to drain'}\n`);
  }
}

async function undrainProgress(session: Session, worker: WorkerPod): Promise<Progress> {
  const { name } = worker;
  const pod = await samePod(session, worker);
  if (pod === undefined || hasEnded(pod)) {
    return { text: `${name}: ended`, end: tooLate(name) };
  }
  // Without the operator only the pod is known: whether it is ready.
  const state = (await workerItem(session, worker))?.state ?? podState(pod);
  const text = `${name}: ${plain(state)}`;
  return state === 'ready' ? { text, end: 'done' } : { text };
}

function tooLate(name: string): PluginError {
  return new PluginError('DRAIN_FAILED', `it is too late: worker "${name}" has ended`);
}
