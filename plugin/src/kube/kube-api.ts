import type { KubeConfig } from '@kubernetes/client-node';
import { PluginError } from '../errors.ts';
import { loadKubeConfig, type KubeConfigOptions } from './kube-config.ts';
import { refusalOf } from './refusal.ts';
import { send, type KubeRequest, type KubeResponse } from './transport.ts';
import type { List } from './types.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

const PAGE = 500;
const FIELD_MANAGER = 'kubectl-streamcluster';

/** The API server, with the kubeconfig read when the first request needs it. */
export class KubeApi {
  private readonly options: KubeConfigOptions;
  private loaded: Promise<KubeConfig> | undefined = undefined;

  constructor(options: KubeConfigOptions) {
    this.options = options;
  }

  /** The context's, where none is given. */
  async defaultNamespace(): Promise<string> {
    const config = await this.config();
    return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
  }

  async get<Body>(path: string, query: Query = {}): Promise<Body> {
    const { text } = await this.send({ method: 'GET', path: withQuery(path, query) });
    return parse(text, path) as Body;
  }

  /** As it is: logs, metrics. */
  async text(path: string, query: Query = {}): Promise<string> {
    const path_ = withQuery(path, query);
    return (await this.send({ method: 'GET', path: path_, accept: '*/*' })).text;
  }

  /** Undefined: there is no such thing. */
  async find<Body>(path: string): Promise<Body | undefined> {
    try {
      return await this.get<Body>(path);
    } catch (error) {
      if (error instanceof PluginError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** All pages. */
  async list<Item>(path: string, query: Query = {}): Promise<Item[]> {
    const items: Item[] = [];
    let token: string | undefined = undefined;
    do {
      const page: List<Item> = await this.get(path, { ...query, limit: PAGE, continue: token });
      items.push(...page.items);
      token = page.metadata?.continue;
    } while (token !== undefined && token !== '');
    return items;
  }

  async mergePatch(path: string, patch: object): Promise<void> {
    await this.send({
      method: 'PATCH',
      path: withQuery(path, { fieldManager: FIELD_MANAGER }),
      contentType: 'application/merge-patch+json',
      body: JSON.stringify(patch),
    });
  }

  /** Whatever the answer is; for those who know better what it means. */
  async ask(request: KubeRequest): Promise<KubeResponse> {
    return await send(await this.config(), request);
  }

  private async send(request: KubeRequest): Promise<KubeResponse> {
    const response = await this.ask(request);
    if (response.status >= 400) throw refusalOf(response);
    return response;
  }

  private config(): Promise<KubeConfig> {
    this.loaded ??= loadKubeConfig(this.options);
    return this.loaded;
  }
}

export function withQuery(path: string, query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return given.size === 0 ? path : `${path}?${given.toString()}`;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `the answer to ${path} is no JSON: is this an API server?`;
    throw new PluginError('API_FAILED', message, { cause: error });
  }
}
