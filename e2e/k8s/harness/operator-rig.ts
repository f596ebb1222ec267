import YAML from 'yaml';
import { realClock } from '../../../operator/src/clock.ts';
import {
  KubeClient,
  kubeConfigLoader,
  resources,
  type KubeObject,
  type Pod,
  type Resource,
  type Stored,
} from '../../../operator/src/kube/mod.ts';
import type { Condition, StreamClusterStatus } from '../../../operator/src/api/status.ts';
import { startCluster, type Level, type TestCluster } from '../../cluster/mod.ts';
import { eventually, eventuallyTrue } from '../../src/harness/eventually.ts';
import { renderText } from '../chart-helm.ts';
import { AuditLog } from './audit-log.ts';
import { installCrd } from './crd.ts';
import { Nats } from '../../src/harness/nats.ts';
import { OperatorProcess } from './operator-process.ts';

/** Where chart-helm.ts installs the chart, and as what. */
export const SYSTEM = 'media';
const SERVICE_ACCOUNT = 'sc-operator';
const OPERATOR_USER = `system:serviceaccount:${SYSTEM}:${SERVICE_ACCOUNT}`;
/** Where the tests' StreamClusters are, unless they say otherwise. */
export const NAMESPACE = 'default';

const RIGHTS = new Set([
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
]);
const PATIENCE_MS = 90_000;

export interface OperatorRigOptions {
  readonly level?: Level;
  /** Of the chart; only its rights are installed. */
  readonly values?: object;
  /** To be made first. */
  readonly namespaces?: readonly string[];
}

/**
 * An API server with the CRD and the chart's rights, a NATS, and operators as
 * processes that have just these rights.
 */
export class OperatorRig {
  readonly cluster: TestCluster;
  readonly nats: Nats;
  /** The administrator's. */
  readonly client: KubeClient;
  readonly audit: AuditLog;
  /** The operators'. */
  kubeconfig = '';
  private readonly operators: OperatorProcess[] = [];

  private constructor(cluster: TestCluster, nats: Nats) {
    this.cluster = cluster;
    this.nats = nats;
    this.audit = new AuditLog(cluster.auditLog, OPERATOR_USER);
    this.client = new KubeClient({
      load: kubeConfigLoader({ file: cluster.kubeconfig }),
      version: 'test',
      clock: realClock,
    });
  }

  static async start(options: OperatorRigOptions = {}): Promise<OperatorRig> {
    const { level = 'api', values = {}, namespaces = [] } = options;
    const nats = await Nats.start();
    const cluster = await startCluster({ level }).catch(async (error: unknown) => {
      await nats.stop();
      throw error;
    });
    const rig = new OperatorRig(cluster, nats);
    try {
      await installCrd(cluster);
      for (const name of [SYSTEM, ...namespaces]) {
        await cluster.kubectl('create', 'namespace', name);
      }
      await rig.installRights(values);
      rig.kubeconfig = await cluster.kubeconfigFor(SYSTEM, SERVICE_ACCOUNT);
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  async stop(): Promise<void> {
    for (const operator of this.operators) operator.kill();
    this.client.close();
    await Promise.all([this.cluster.stop(), this.nats.stop()]);
  }

  /** The chart's ServiceAccount, Roles and bindings. */
  async installRights(values: object = {}): Promise<void> {
    const nats = { install: false, url: this.nats.url };
    const documents = YAML.parseAllDocuments(await renderText({ nats, ...values }));
    const objects = documents.map((one) => one.toJS() as { kind: string } | null);
    const items = objects.filter((one) => one !== null && RIGHTS.has(one.kind));
    const list = { apiVersion: 'v1', kind: 'List', items };
    await this.cluster.kubectlWith(JSON.stringify(list), 'apply', '-f', '-');
  }

  /** It has the chart's names and rights; `flags` are without dashes. */
  async startOperator(
    name = 'operator-1',
    flags: Readonly<Record<string, string>> = {},
    kubeconfig = this.kubeconfig,
  ): Promise<OperatorProcess> {
    const operator = await OperatorProcess.start({
      ...{ kubeconfig, name, natsUrl: this.nats.url },
      flags: {
        'pod-namespace': SYSTEM,
        'lease-name': 'sc-operator',
        'ca-secret': 'sc-ca',
        'nats-managed': 'false',
        ...flags,
      },
    });
    this.operators.push(operator);
    return operator;
  }

  /** In order, so that others may lead at once. */
  async stopOperators(): Promise<void> {
    await Promise.all(this.operators.splice(0).map((operator) => operator.stop()));
  }

  async apply(name: string, spec: object, namespace = NAMESPACE): Promise<void> {
    const metadata = { name, namespace };
    const object = { metadata, spec };
    await eventually('StreamCluster applied', PATIENCE_MS, () =>
      this.client.apply(resources.streamClusters, object),
    );
  }

  /** With all that belongs to it, as soon as the garbage collector has come by. */
  async remove(name: string, namespace = NAMESPACE): Promise<void> {
    await this.client.delete(resources.streamClusters, { namespace, name });
  }

  async status(name: string, namespace = NAMESPACE): Promise<Partial<StreamClusterStatus>> {
    const object = await this.client.get(resources.streamClusters, { namespace, name });
    return object.status ?? {};
  }

  async condition(
    name: string,
    type: string,
    namespace = NAMESPACE,
  ): Promise<Condition | undefined> {
    const { conditions = [] } = await this.status(name, namespace);
    return conditions.find((condition) => condition.type === type);
  }

  /** Waits until the condition has this reason; rejects with what it says instead. */
  async reason(
    name: string,
    type: string,
    reason: string,
    namespace = NAMESPACE,
  ): Promise<Condition> {
    return await eventually(`${type} of ${name}: ${reason}`, PATIENCE_MS, async () => {
      const condition = await this.condition(name, type, namespace);
      if (condition?.reason === reason) return condition;
      throw new Error(JSON.stringify(condition));
    });
  }

  async all<T extends KubeObject>(
    resource: Resource<T>,
    namespace = NAMESPACE,
  ): Promise<Stored<T>[]> {
    return (await this.client.list(resource, { namespace })).items;
  }

  /** Workers of a StreamCluster, those that are being deleted too. */
  async pods(cluster: string, namespace = NAMESPACE): Promise<Stored<Pod>[]> {
    const labelSelector = `streamcluster.dev/cluster=${cluster}`;
    const { items } = await this.client.list(resources.pods, { namespace, labelSelector });
    return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  async somePods(cluster: string, count: number, namespace = NAMESPACE): Promise<Stored<Pod>[]> {
    return await eventually(`${count} pods of ${cluster}`, PATIENCE_MS, async () => {
      const pods = await this.pods(cluster, namespace);
      if (pods.length === count) return pods;
      throw new Error(pods.map(({ metadata }) => metadata.name).join(' '));
    });
  }

  /** As a kubelet or the scheduler would write it. */
  async setPodStatus({ metadata }: Stored<Pod>, status: object): Promise<void> {
    const { name, namespace } = metadata;
    const options = { subresource: 'status' };
    await this.client.patch(resources.pods, { namespace, name }, { status }, options);
  }

  /** As the scheduler does it. */
  async bind({ metadata }: Stored<Pod>, node: string): Promise<void> {
    const { name, namespace } = metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
    const url = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
    await this.cluster.kubectlWith(JSON.stringify(binding), 'create', '--raw', url, '-f', '-');
  }

  async leader(operators: readonly OperatorProcess[]): Promise<OperatorProcess> {
    return await eventually('a leader', PATIENCE_MS, async () => {
      for (const operator of operators) {
        if (operator.child.running && (await operator.isLeading())) return operator;
      }
      return undefined;
    });
  }

  async until(what: string, probe: () => Promise<boolean> | boolean): Promise<void> {
    await eventuallyTrue(what, PATIENCE_MS, probe);
  }
}
