import fs from 'node:fs';
import path from 'node:path';
import { buildBinaries } from '../cluster/binaries.ts';
import { startCluster, type TestCluster } from '../cluster/mod.ts';
import { Desk } from '../src/docs/desk.ts';
import type { Step } from '../src/docs/step.ts';
import { run } from '../src/harness/child.ts';
import { ROOT } from '../src/harness/paths.ts';
import { StandIn } from './docs-stand-in.ts';
import { clientOf } from './kube-rig.ts';

const SYSTEM = 'streamcluster-system';
/** `helm install …` of the documents: a second one, which is only judged. */
const ANOTHER = `helm install other charts/streamcluster --namespace ${SYSTEM} --dry-run=server --set crds.install=false`;

/** A cluster of an API server alone, and a reader of the documents before it. */
export class Room {
  readonly cluster: TestCluster;
  readonly desk: Desk;
  private readonly standIn: StandIn;

  private constructor(cluster: TestCluster, desk: Desk) {
    this.cluster = cluster;
    this.desk = desk;
    this.standIn = new StandIn(clientOf(cluster.kubeconfig).client);
  }

  static async start(): Promise<Room> {
    await buildBinaries(['helm']);
    const cluster = await startCluster({ level: 'api' });
    const bin = path.join(ROOT, '.cache/bin');
    const own = cluster.clusterFolder;
    const desk = new Desk({
      name: 'docs-on-a-cluster',
      env: {
        ...{ KUBECONFIG: cluster.kubeconfig, KUBECACHEDIR: path.join(own, 'docs-cache') },
        ...{ HELM_CACHE_HOME: own, HELM_CONFIG_HOME: own, HELM_DATA_HOME: own },
        // The shim of kubectl goes before it.
        ...{ SC_DOCS_BIN: bin, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
      },
      meant: [[/helm install …/g, ANOTHER]],
    });
    return new Room(cluster, desk);
  }

  async stop(): Promise<void> {
    await this.desk.close();
    await this.standIn.stop();
    await this.cluster.stop();
  }

  async take(step: Step<Room>): Promise<string> {
    await step.before?.(this);
    const output = await this.desk.run(step);
    await step.after?.(this, output);
    return output;
  }

  /** Files that a document takes for granted. */
  write(...names: string[]): void {
    for (const name of names) fs.writeFileSync(path.join(this.desk.folder, name), name);
  }

  async deleteSecret(name: string): Promise<void> {
    await this.cluster.kubectl('delete', 'secret', name);
  }

  async makeCertificate(): Promise<void> {
    const pair = ['-keyout', 'privkey.pem', '-out', 'fullchain.pem'];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=docs', ...pair];
    await run('openssl', args, undefined, { cwd: this.desk.folder });
  }

  /** As the operator does when it starts. */
  async makeOperatorsOwn(): Promise<void> {
    const { cluster } = this;
    for (const name of ['streamcluster-ca', 'streamcluster-nats-auth']) {
      await cluster.kubectl('create', 'secret', 'generic', name, '--namespace', SYSTEM);
    }
    const metadata = { name: 'streamcluster-operator', namespace: SYSTEM };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
    await cluster.kubectlWith(JSON.stringify(lease), 'create', '-f', '-');
  }

  /** For those who begin anew. */
  async uninstall(): Promise<void> {
    await this.cluster.kubectl('delete', 'streamclusters', '--all', '--all-namespaces');
    await this.cluster.helm('uninstall', 'streamcluster', '--namespace', SYSTEM);
    await this.cluster.kubectl('delete', 'crd', 'streamclusters.streamcluster.dev');
  }
}
