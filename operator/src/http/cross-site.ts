import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OperatorError } from '../errors.ts';

/** A page of another site cannot send it without asking first, which nobody allows. */
export const OWN_HEADER = 'x-streamcluster-request';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isReading({ method }: Pick<FastifyRequest, 'method'>): boolean {
  return READING.has(method);
}

const OWN_SITES = new Set(['same-origin', 'none']);

/**
 * Refuses what changes something and does not come from the console's own page or from a
 * program: browsers send requests for any page, with whatever proves who their user is.
 */
export function refuseOtherSites(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const fault = isReading(request) ? undefined : faultOf(request);
    if (fault === undefined) done();
    else done(new OperatorError('REQUEST_CROSS_SITE', fault));
  });
}

function faultOf({ headers, host }: FastifyRequest): string | undefined {
  if (headers[OWN_HEADER] === undefined) return `header ${OWN_HEADER} is missing`;
  const site = headers['sec-fetch-site'];
  // Browsers that say this know better than we do behind proxies, which change the host.
  if (typeof site === 'string') return OWN_SITES.has(site) ? undefined : `the page is ${site}`;
  const { origin } = headers;
  if (origin === undefined || hostOf(origin) === host) return undefined;
  return 'the page is of another origin';
}

/** Of `null`, and of what is none, nobody's. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
