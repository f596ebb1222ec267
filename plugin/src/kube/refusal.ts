import { PluginError, type PluginErrorCode } from '../errors.ts';
import type { KubeResponse } from './transport.ts';

/** The body with which the API server refuses. */
interface Status {
  readonly kind?: string;
  readonly message?: string;
}

const CODES: Readonly<Record<number, PluginErrorCode>> = {
  401: 'API_REFUSED',
  403: 'API_REFUSED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
};

/** What the API server said, as an error. Its words name verb, resource and user. */
export function refusalOf({ status, text }: KubeResponse): PluginError {
  const said = statusOf(text)?.message ?? text.trim().slice(0, 200);
  const code = CODES[status] ?? 'API_FAILED';
  if (status === 401) {
    return new PluginError(
      code,
      'the API server does not accept the credentials of the kubeconfig',
    );
  }
  const message = said === '' || /^404 page not found$/.test(said) ? missing(status) : said;
  return new PluginError(code, message);
}

/** Undefined: another than the API server wrote this. */
export function statusOf(text: string): Status | undefined {
  try {
    const body = JSON.parse(text) as Status | null;
    return body?.kind === 'Status' ? body : undefined;
  } catch {
    return undefined;
  }
}

function missing(status: number): string {
  if (status !== 404) return `the API server answered ${status}`;
  return 'the API server does not know the resource: is Streamcluster installed?';
}
