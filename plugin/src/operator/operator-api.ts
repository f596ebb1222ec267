import { PluginError } from '../errors.ts';
import { withQuery, type KubeApi, type Query } from '../kube/kube-api.ts';
import { corePath } from '../kube/names.ts';
import { refusalOf, statusOf } from '../kube/refusal.ts';
import { findOperator, type OperatorAddress, type OperatorOptions } from './find-operator.ts';

/** Most that one page of streams may have. */
export const PAGE_LIMIT = 5_000;

/** What the operator wants of those who change something. */
const NOT_A_PAGE = { 'x-streamcluster-request': 'plugin' };

/** The API server keeps `Authorization` for itself. */
const TOKEN_HEADER = 'x-streamcluster-token';

/** Of a problem document (RFC 9457). */
interface OperatorRefusal {
  readonly code?: string;
  readonly detail?: string;
}

/** The operator's JSON API, through the API server's proxy to its Service. */
export class OperatorApi {
  private readonly kube: KubeApi;
  private readonly options: OperatorOptions;
  private found: Promise<OperatorAddress> | undefined = undefined;

  constructor(kube: KubeApi, options: OperatorOptions) {
    this.kube = kube;
    this.options = options;
  }

  address(): Promise<OperatorAddress> {
    this.found ??= findOperator(this.kube, this.options);
    return this.found;
  }

  async get<Body>(path: string, query: Query = {}): Promise<Body> {
    return await this.parsed(path, await this.text(path, query));
  }

  async delete<Body>(path: string, query: Query = {}): Promise<Body> {
    return await this.parsed(path, await this.send('DELETE', path, query));
  }

  async text(path: string, query: Query = {}): Promise<string> {
    return await this.send('GET', path, query);
  }

  private async parsed<Body>(path: string, text: string): Promise<Body> {
    try {
      return JSON.parse(text) as Body;
    } catch (error) {
      const { namespace, service } = await this.address();
      const message = `the Service ${namespace}/${service} answers ${path} with no JSON: is it the operator?`;
      throw new PluginError('OPERATOR_UNREACHABLE', message, { cause: error });
    }
  }

  private async send(method: 'GET' | 'DELETE', path: string, query: Query): Promise<string> {
    const address = await this.address();
    const { namespace, service } = address;
    const { operatorToken } = this.options;
    const base = `${corePath('services', namespace)}/http:${service}:http/proxy`;
    const response = await this.kube.ask({
      method,
      path: withQuery(base + path, query),
      accept: '*/*',
      headers: {
        ...(method === 'DELETE' && NOT_A_PAGE),
        ...(operatorToken !== undefined && { [TOKEN_HEADER]: operatorToken }),
      },
    });
    if (response.status < 400) return response.text;
    const said = statusOf(response.text);
    if (said === undefined) throw operatorRefusal(response.text, response.status, address);
    throw proxyRefusal(refusalOf(response), response.status, address);
  }
}

export function clusterPath(namespace: string, name: string, rest = ''): string {
  return `/api/v1/clusters/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}${rest}`;
}

/** Of APP/NAME, below that of its StreamCluster. */
export function streamPath(name: string): string {
  const parts = name.split('/');
  if (parts.length === 2 && !parts.includes('')) {
    return `/streams/${parts.map(encodeURIComponent).join('/')}`;
  }
  throw new PluginError('USAGE', 'name the stream as APP/NAME');
}

/** The operator itself answered. */
function operatorRefusal(
  text: string,
  status: number,
  { namespace, service }: OperatorAddress,
): PluginError {
  const { code, detail } = refusalIn(text);
  if (code === undefined) {
    const said = `the operator's Service ${namespace}/${service} answered ${status}`;
    return new PluginError('OPERATOR_UNREACHABLE', said);
  }
  const kind = code === 'NOT_FOUND' ? 'NOT_FOUND' : 'OPERATOR_UNREACHABLE';
  return new PluginError(kind, `the operator says: ${detail ?? code}`);
}

function refusalIn(text: string): OperatorRefusal {
  try {
    return (JSON.parse(text) as OperatorRefusal | null) ?? {};
  } catch {
    return {};
  }
}

/** The API server answered instead of the operator. */
function proxyRefusal(
  refusal: PluginError,
  status: number,
  { namespace, service }: OperatorAddress,
): PluginError {
  const where = `${namespace}/${service}`;
  const message =
    status === 403
      ? `you may not reach the operator: it takes the right to get services/proxy of ${where}`
      : `the operator ${where} cannot be reached: ${refusal.message}`;
  return new PluginError('OPERATOR_UNREACHABLE', message, { cause: refusal });
}
