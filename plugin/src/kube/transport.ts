import type { KubeConfig } from '@kubernetes/client-node';
import http from 'node:http';
import https from 'node:https';
import { PluginError } from '../errors.ts';
import { VERSION } from '../version.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  /** Beginning with a slash, with its query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** Further ones, in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface KubeResponse {
  readonly status: number;
  readonly text: string;
}

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** One request to the API server, with the user's credentials. */
export async function send(config: KubeConfig, request: KubeRequest): Promise<KubeResponse> {
  const options = await optionsOf(config, request);
  try {
    return await exchange(options, request.body);
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const server = config.getCurrentCluster()?.server ?? '';
    const message = `the API server ${server} does not answer: ${reasonOf(error)}`;
    throw new PluginError('API_UNREACHABLE', message, { cause: error });
  }
}

async function optionsOf(
  config: KubeConfig,
  { method, path, contentType, accept = 'application/json', headers }: KubeRequest,
): Promise<https.RequestOptions> {
  const url = new URL(config.getCurrentCluster()?.server ?? '');
  const options: https.RequestOptions = {
    method,
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: `${url.pathname.replace(/\/$/, '')}${path}`,
    headers: {
      ...headers,
      accept,
      'user-agent': `kubectl-streamcluster/${VERSION}`,
      ...(contentType !== undefined && { 'content-type': contentType }),
    },
    timeout: TIMEOUT_MS,
  };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    const message = `the kubeconfig gives no credentials: ${reasonOf(error)}`;
    throw new PluginError('KUBECONFIG_INVALID', message, { cause: error });
  }
  return options;
}

function exchange(options: https.RequestOptions, body: string | undefined): Promise<KubeResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<KubeResponse>();
  const { request } = options.protocol === 'http:' ? http : https;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const sent = request({ ...options, signal }, (response) => {
    collect(response).then(
      (text) => resolve({ status: response.statusCode ?? 0, text }),
      (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
    );
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

async function collect(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  // Several addresses were tried: the message of the whole is empty.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error.message;
}
