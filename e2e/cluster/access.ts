import fs from 'node:fs';
import path from 'node:path';
import YAML from 'yaml';
import { scratchFolder } from '../src/harness/paths.ts';
import { binary, buildBinaries } from './binaries.ts';
import { exec } from './exec.ts';
import { writeKubeconfig } from './kubeconfig.ts';

interface KubeconfigFile {
  readonly 'current-context': string;
  readonly contexts: readonly { name: string; context: { cluster: string } }[];
  readonly clusters: readonly {
    name: string;
    cluster: {
      server: string;
      'certificate-authority'?: string;
      'certificate-authority-data'?: string;
    };
  }[];
}

/** What can be done with any cluster, given a kubeconfig. */
export class ClusterAccess {
  readonly kubeconfig: string;
  readonly server: string;
  readonly caFile: string;
  private readonly folder: string;

  /** `folder`: where files go that are made for it. */
  constructor(kubeconfig: string, folder: string) {
    this.kubeconfig = kubeconfig;
    this.folder = folder;
    const { server, ca } = clusterOf(kubeconfig);
    this.server = server;
    this.caFile = path.join(folder, 'cluster-ca.crt');
    fs.writeFileSync(this.caFile, ca);
  }

  kubectl(...args: string[]): Promise<string> {
    return this.kubectlWith('', ...args);
  }

  /** kubectl that reads `stdin`, as `kubectl apply -f -` does. */
  kubectlWith(stdin: string, ...args: string[]): Promise<string> {
    return exec(binary('kubectl'), args, { stdin, env: this.env });
  }

  /** Parsed answer of `kubectl … -o json`. */
  async kubectlJson<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as T;
  }

  /** Builds helm first, if it is not there. */
  async helm(...args: string[]): Promise<string> {
    await buildBinaries(['helm']);
    return exec(binary('helm'), args, { env: this.env });
  }

  /** A kubeconfig that speaks as a ServiceAccount, for a day. */
  async kubeconfigFor(namespace: string, serviceAccount: string): Promise<string> {
    const token = await this.kubectl(
      ...['create', 'token', serviceAccount, '--namespace', namespace, '--duration=24h'],
    );
    const file = path.join(this.folder, `${namespace}-${serviceAccount}.kubeconfig`);
    const { server, caFile } = this;
    return writeKubeconfig(file, { server, caFile, token: token.trim(), user: serviceAccount });
  }

  private get env(): NodeJS.ProcessEnv {
    return {
      KUBECONFIG: this.kubeconfig,
      // Nothing of the user's own configuration, and no discovery of another cluster.
      KUBECACHEDIR: path.join(this.folder, 'kube-cache'),
      HELM_CACHE_HOME: path.join(this.folder, 'helm'),
      HELM_CONFIG_HOME: path.join(this.folder, 'helm'),
      HELM_DATA_HOME: path.join(this.folder, 'helm'),
    };
  }
}

/** Access to a cluster that someone else runs. */
export function attach(kubeconfig: string): ClusterAccess {
  return new ClusterAccess(path.resolve(kubeconfig), scratchFolder('attached'));
}

function clusterOf(kubeconfig: string): { server: string; ca: Buffer } {
  const config = YAML.parse(fs.readFileSync(kubeconfig, 'utf8')) as KubeconfigFile;
  const context = config.contexts.find(({ name }) => name === config['current-context']);
  const entry = config.clusters.find(({ name }) => name === context?.context.cluster);
  if (entry === undefined) throw new Error(`no current cluster in ${kubeconfig}`);
  return { server: entry.cluster.server, ca: caOf(entry.cluster, path.dirname(kubeconfig)) };
}

function caOf(cluster: KubeconfigFile['clusters'][number]['cluster'], folder: string): Buffer {
  const data = cluster['certificate-authority-data'];
  if (data !== undefined) return Buffer.from(data, 'base64');
  const file = cluster['certificate-authority'];
  return file === undefined ? Buffer.alloc(0) : fs.readFileSync(path.resolve(folder, file));
}
