import { loadVersions } from '../commands/version.ts';
import {
  CLUSTER_LABEL,
  corePath,
  OPERATOR_SELECTOR,
  streamClusterPath,
  WORKER_SELECTOR,
} from '../kube/names.ts';
import type { KubeEvent, Pod, StreamCluster } from '../kube/types.ts';
import { clusterPath, PAGE_LIMIT } from '../operator/operator-api.ts';
import type { Session } from '../session.ts';
import type { ReportBuilder } from './report-builder.ts';

export interface CollectOptions {
  readonly session: Session;
  readonly builder: ReportBuilder;
  readonly cluster: StreamCluster;
  /** Last lines of each log. */
  readonly logLines: number;
}

const MAX_LOG_BYTES = 8 * 1024 * 1024;
/** Logs of more workers than this would be a file that nobody can send. */
const MAX_LOGS = 50;
const OWNED = [
  ['services', '/api/v1'],
  ['poddisruptionbudgets', '/apis/policy/v1'],
  ['networkpolicies', '/apis/networking.k8s.io/v1'],
] as const;

/** Everything that helps to find out what is wrong with one StreamCluster. */
export async function collect(options: CollectOptions): Promise<void> {
  const { session, builder } = options;
  await builder.json('versions.json', () => loadVersions(session));
  const pods = await collectResources(options);
  await collectOperator(options);
  await collectApi(options);
  const chosen = pods.slice(0, MAX_LOGS);
  for (const pod of chosen) await collectLogs(options, 'logs/workers', pod);
  if (pods.length > MAX_LOGS) {
    const reason = `logs of ${pods.length - MAX_LOGS} of ${pods.length} workers were left out`;
    builder.gaps.push({ path: 'logs/workers', reason });
  }
}

async function collectResources(options: CollectOptions): Promise<readonly Pod[]> {
  const { session, builder, cluster } = options;
  const { kube } = session;
  const { name, namespace = '' } = cluster.metadata;
  const selector = `${CLUSTER_LABEL}=${name}`;
  await builder.json('streamcluster.json', () => kube.get(streamClusterPath(namespace, name)));
  const pods = await builder.json('pods.json', () =>
    kube.list<Pod>(corePath('pods', namespace), {
      labelSelector: `${WORKER_SELECTOR},${selector}`,
    }),
  );
  await builder.json('events.json', async () => {
    const events = await kube.list<KubeEvent>(corePath('events', namespace));
    return events.filter(({ involvedObject }) => isOf(name, involvedObject?.name ?? ''));
  });
  for (const [kind, group] of OWNED) {
    const path = `${group}/namespaces/${encodeURIComponent(namespace)}/${kind}`;
    await builder.json(`${kind}.json`, () => kube.list(path, { labelSelector: selector }));
  }
  const nodes = new Set(
    pods?.map(({ spec }) => spec?.nodeName ?? '').filter((node) => node !== ''),
  );
  for (const node of nodes) {
    await builder.json(`nodes/${node}.json`, () => kube.get(corePath('nodes', undefined, node)));
  }
  return pods ?? [];
}

/** Others of the namespace are nobody's business. */
function isOf(cluster: string, name: string): boolean {
  return name === cluster || name.startsWith(`${cluster}-`);
}

async function collectOperator(options: CollectOptions): Promise<void> {
  const { session, builder } = options;
  const { kube, operator } = session;
  const pods = await builder.json('operator/pods.json', async () => {
    const { namespace } = await operator.address();
    return await kube.list<Pod>(corePath('pods', namespace), { labelSelector: OPERATOR_SELECTOR });
  });
  await builder.json('operator/leases.json', async () => {
    const { namespace } = await operator.address();
    return await kube.list(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`);
  });
  for (const pod of pods ?? []) await collectLogs(options, 'logs/operator', pod);
}

/** What the operator itself says. */
async function collectApi({ session, builder, cluster }: CollectOptions): Promise<void> {
  const { operator } = session;
  const { name, namespace = '' } = cluster.metadata;
  const path = (rest: string): string => clusterPath(namespace, name, rest);
  await builder.json('api/cluster.json', () => operator.get(path('')));
  for (const part of ['workers', 'scaling', 'rebalance']) {
    await builder.json(`api/${part}.json`, () => operator.get(path(`/${part}`)));
  }
  await builder.json('api/streams.json', () =>
    operator.get(path('/streams'), { limit: PAGE_LIMIT }),
  );
  await builder.text('api/readyz.txt', () => operator.text('/readyz'));
  await builder.text('api/metrics.txt', () => operator.text('/metrics'));
}

/** Of the container that runs, and of the one before if it was restarted. */
async function collectLogs(
  { session, builder, logLines }: CollectOptions,
  folder: string,
  { metadata: { name, namespace }, status }: Pod,
): Promise<void> {
  const path = `${corePath('pods', namespace, name)}/log`;
  const query = { tailLines: logLines, limitBytes: MAX_LOG_BYTES, timestamps: 'true' };
  const load = (more: object) => () => session.kube.text(path, { ...query, ...more });
  await builder.log(`${folder}/${name}.log`, load({}));
  const restarts = status?.containerStatuses?.some(({ restartCount = 0 }) => restartCount > 0);
  if (restarts === true) {
    await builder.log(`${folder}/${name}.previous.log`, load({ previous: 'true' }));
  }
}
