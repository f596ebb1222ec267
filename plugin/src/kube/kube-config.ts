import type { KubeConfig } from '@kubernetes/client-node';
import { PluginError } from '../errors.ts';

export interface KubeConfigOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What client-node makes up where there is no kubeconfig at all. */
const NOWHERE = 'http://localhost:8080';

/** Takes most of a second, so it is left to those who speak to an API server. */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (error) {
    throw new PluginError('KUBECONFIG_INVALID', `the kubeconfig cannot be read: ${textOf(error)}`, {
      cause: error,
    });
  }
  if (options.context !== undefined) choose(config, options.context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    throw new PluginError('KUBECONFIG_INVALID', 'the current context names no cluster');
  }
  if (server === NOWHERE && options.kubeconfig === undefined) {
    const message = 'there is no kubeconfig: set KUBECONFIG, or give --kubeconfig';
    throw new PluginError('KUBECONFIG_INVALID', message);
  }
  return config;
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    const message = `there is no context "${context}"; there are: ${known.join(', ')}`;
    throw new PluginError('USAGE', message);
  }
  config.setCurrentContext(context);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
