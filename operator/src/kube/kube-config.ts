import type { KubeConfig } from '@kubernetes/client-node';
import { KubeError } from './api-error.ts';

export interface KubeConfigOptions {
  /** A kubeconfig; else the pod's service account, else KUBECONFIG or ~/.kube/config. */
  readonly file?: string | undefined;
  /** Of the kubeconfig, instead of its current one. */
  readonly context?: string | undefined;
  /** Where the file system of the pod begins, for tests. */
  readonly root?: string | undefined;
}

/** Reads where the API server is and who we are; again whenever it is called. */
export type LoadKubeConfig = () => Promise<KubeConfig>;

export function kubeConfigLoader(options: KubeConfigOptions = {}): LoadKubeConfig {
  return async () => {
    // Takes 0.7 s, so only who speaks to an API server pays for it.
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    try {
      read(config, options);
      check(config);
    } catch (error) {
      if (error instanceof KubeError) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      throw KubeError.local('CredentialsUnreadable', `kubeconfig: ${detail}`, error);
    }
    return config;
  };
}

function read(config: KubeConfig, { file, context, root }: KubeConfigOptions): void {
  const { KUBERNETES_SERVICE_HOST, KUBECONFIG } = process.env;
  if (file !== undefined) config.loadFromFile(file);
  else if (KUBERNETES_SERVICE_HOST && !KUBECONFIG) config.loadFromCluster(root);
  else config.loadFromDefault();
  if (context !== undefined) config.setCurrentContext(context);
}

function check(config: KubeConfig): void {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    const context = config.getCurrentContext();
    throw KubeError.local('CredentialsUnreadable', `context "${context}" names no API server`);
  }
}
