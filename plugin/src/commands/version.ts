import { asPluginError } from '../errors.ts';
import { corePath, OPERATOR_SELECTOR, WORKER_SELECTOR } from '../kube/names.ts';
import type { Pod } from '../kube/types.ts';
import { fields } from '../output/table.ts';
import type { Session } from '../session.ts';
import { VERSION } from '../version.ts';

export interface Versions {
  readonly plugin: string;
  readonly node: string;
  /** Null: not known, and why is in `faults`. */
  readonly apiServer: string | null;
  /** Images that run, each once. */
  readonly operator: readonly string[];
  readonly workers: readonly string[];
  readonly faults: readonly string[];
}

export async function version(session: Session): Promise<void> {
  const versions = await loadVersions(session);
  if (session.isJson) {
    session.json(versions);
    return;
  }
  session.io.out(
    fields([
      ['Plugin', `${versions.plugin}, Node ${versions.node}`],
      ['API server', versions.apiServer ?? 'unknown'],
      ['Operator', versions.operator.join(', ') || 'unknown'],
      ['Workers', versions.workers.join(', ') || 'none'],
    ]),
  );
  for (const fault of versions.faults) session.note(fault);
}

/** Never fails: what cannot be asked is a fault in the answer. */
export async function loadVersions(session: Session): Promise<Versions> {
  const faults = new Set<string>();
  const noted = async <Value>(asked: Promise<Value>): Promise<Value | undefined> => {
    try {
      return await asked;
    } catch (error) {
      faults.add(asPluginError(error).message);
      return undefined;
    }
  };
  const { kube } = session;
  const [server, operator, workers] = await Promise.all([
    noted(kube.get<{ gitVersion?: string }>('/version')),
    noted(operatorImages(session)),
    noted(session.namespace().then((namespace) => imagesOf(session, namespace, WORKER_SELECTOR))),
  ]);
  return {
    plugin: VERSION,
    node: process.versions.node,
    apiServer: server?.gitVersion ?? null,
    operator: operator ?? [],
    workers: workers ?? [],
    faults: [...faults],
  };
}

async function operatorImages(session: Session): Promise<string[]> {
  const { namespace } = await session.operator.address();
  return await imagesOf(session, namespace, OPERATOR_SELECTOR);
}

async function imagesOf(
  { kube }: Session,
  namespace: string | undefined,
  labelSelector: string,
): Promise<string[]> {
  const pods = await kube.list<Pod>(corePath('pods', namespace), { labelSelector });
  const images = pods.flatMap(({ spec }) => spec?.containers?.map(({ image = '' }) => image) ?? []);
  return [...new Set(images)].sort();
}
