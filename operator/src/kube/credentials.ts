import type { KubeConfig } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../clock.ts';
import { KubeError } from './api-error.ts';
import type { LoadKubeConfig } from './kube-config.ts';
import { TokenFile } from './token-file.ts';

export interface CredentialsOptions {
  readonly load: LoadKubeConfig;
  readonly clock: Clock;
}

/** What a request needs to reach the API server, and to be believed. */
export interface Access {
  readonly url: URL;
  readonly agent: http.Agent;
  readonly headers: Readonly<Record<string, string>>;
}

/** Files of the kubeconfig are read, and its command asked, at most so often. */
const FRESH_MS = 10_000;
/** Below the 90 s after which the API server closes an idle connection. */
const IDLE_SOCKET_MS = 60_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_IDLE_SOCKETS = 16;

interface Prepared {
  readonly access: Access;
  readonly atMs: number;
}

/**
 * Credentials that may change while they are used: a service account's token
 * is rotated, commands give tokens that expire, a kubeconfig is written anew.
 */
export class Credentials {
  private readonly options: CredentialsOptions;
  private config: KubeConfig | undefined = undefined;
  private prepared: Prepared | undefined = undefined;
  private preparing: Promise<Prepared> | undefined = undefined;
  private tokenFile: TokenFile | undefined = undefined;
  private agent: http.Agent | undefined = undefined;
  private agentKey = '';
  private refusedAtMs = -Infinity;

  constructor(options: CredentialsOptions) {
    this.options = options;
  }

  async access(): Promise<Access> {
    const { access } = await this.fresh();
    const token = await this.tokenFile?.read();
    if (token === undefined) return access;
    return { ...access, headers: { ...access.headers, Authorization: `Bearer ${token}` } };
  }

  /** The server does not believe them: read everything again, but not all the time. */
  refused(): void {
    const nowMs = this.options.clock.nowMs();
    if (nowMs - this.refusedAtMs < FRESH_MS) return;
    this.refusedAtMs = nowMs;
    this.config = undefined;
    this.prepared = undefined;
    this.tokenFile?.forget();
  }

  close(): void {
    this.agent?.destroy();
  }

  private async fresh(): Promise<Prepared> {
    const { prepared } = this;
    const nowMs = this.options.clock.nowMs();
    if (prepared !== undefined && nowMs - prepared.atMs < FRESH_MS) return prepared;
    this.preparing ??= this.prepare(nowMs).finally(() => {
      this.preparing = undefined;
    });
    return await this.preparing;
  }

  private async prepare(atMs: number): Promise<Prepared> {
    const config = (this.config ??= await this.options.load());
    const options: https.RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw KubeError.local('CredentialsUnreadable', detail, error);
    }
    const url = new URL(config.getCurrentCluster()?.server ?? '');
    const access = { url, agent: this.agentFor(config, url, options), headers: headersOf(options) };
    this.prepared = { access, atMs };
    this.followTokenFile(config);
    return this.prepared;
  }

  /** The library reads it once a minute only, line break included. */
  private followTokenFile(config: KubeConfig): void {
    const provider = config.getCurrentUser()?.authProvider as
      { readonly config?: { readonly tokenFile?: string } } | undefined;
    const file = provider?.config?.tokenFile;
    if (file === this.tokenFile?.file) return;
    this.tokenFile = file === undefined ? undefined : new TokenFile(file);
  }

  /** The library's own agent keeps no connections, nor sees new certificates. */
  private agentFor(config: KubeConfig, url: URL, options: https.RequestOptions): http.Agent {
    if (config.getCurrentCluster()?.proxyUrl !== undefined) return options.agent as http.Agent;
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const tls = { ca, cert, key, servername, rejectUnauthorized };
    const agentKey = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
    if (this.agent !== undefined && this.agentKey === agentKey) return this.agent;
    // Connections of the one before end by themselves, when they are idle.
    this.agentKey = agentKey;
    const keep = {
      keepAlive: true,
      keepAliveMsecs: KEEP_ALIVE_MS,
      timeout: IDLE_SOCKET_MS,
      maxFreeSockets: MAX_IDLE_SOCKETS,
    };
    const isPlain = url.protocol === 'http:';
    this.agent = isPlain
      ? new http.Agent(keep)
      : new https.Agent({ ...keep, ...given({ ca, cert, key, servername, rejectUnauthorized }) });
    return this.agent;
  }
}

/** Without what is undefined: `rejectUnauthorized: undefined` would mean false. */
function given(options: https.RequestOptions): https.AgentOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function headersOf({ headers, auth }: https.RequestOptions): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) result[name] = String(value).trim();
  }
  if (typeof auth === 'string') {
    result['Authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`;
  }
  return result;
}
