import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OperatorError } from '../../errors.ts';
import { ACTION_ROUTES } from '../actions/action-routes.ts';
import { isReading } from '../cross-site.ts';
import type { ConsoleAuth } from './console-auth.ts';
import { setIdentity, type Identity, type Role } from './identity.ts';

/** What decides by itself who somebody is, or says whether somebody is anybody. */
export const DOORS: ReadonlySet<string> = new Set([
  '/api/v1/login',
  '/api/v1/logout',
  '/api/v1/session',
]);

/**
 * Lets in who may, by the route that was found: an address can be written in many ways.
 * The page itself is for everybody, it shows nothing without the API.
 */
export function registerGuard(app: FastifyInstance, auth: ConsoleAuth): void {
  app.addHook('onRequest', (request, _reply, done) => {
    guard(request, auth);
    done();
  });
  app.addHook('onClose', (_app, done) => {
    auth.close();
    done();
  });
}

/** Throws LOGIN_REQUIRED, ROLE_INSUFFICIENT, REQUEST_CROSS_SITE and what identify() throws. */
function guard(request: FastifyRequest, auth: ConsoleAuth): void {
  const route = request.routeOptions.url ?? '';
  if (DOORS.has(route) || !isGuarded(route, auth)) return;
  const identity = auth.identify(request);
  if (identity === undefined) throw new OperatorError('LOGIN_REQUIRED');
  if (identity.by === 'nothing') checkName(request, identity.role);
  if (!isReading(request)) checkChange(route, identity);
  setIdentity(request, identity);
}

function isGuarded(route: string, auth: ConsoleAuth): boolean {
  if (route.startsWith('/metrics')) return !auth.areMetricsOpen;
  return route.startsWith('/api/') || route.startsWith('/debug/');
}

/**
 * Without a login, what concerns sessions and logs is for whoever reaches the port, which
 * RBAC of `services/proxy` can rule; numbers of workers and drains are not.
 */
function checkChange(route: string, { by, role }: Identity): void {
  if (role === 'admin') return;
  if (by !== 'nothing') throw new OperatorError('ROLE_INSUFFICIENT');
  if (ACTION_ROUTES.has(route)) throw new OperatorError('ROLE_INSUFFICIENT', 'no login is set up');
}

/**
 * Where nobody logs in, a name that another site's owner points here would be as good as
 * ours: his page would be of our origin. On loopback nothing is shown under such a name;
 * elsewhere the page may have any, but changes nothing, so that browsers need not.
 */
function checkName(request: FastifyRequest, role: Role): void {
  const { hostname, headers } = request;
  const isOfBrowser = headers['sec-fetch-site'] !== undefined || headers.origin !== undefined;
  const isChecked = role === 'admin' || (isOfBrowser && !isReading(request));
  if (!isChecked || isOwnName(hostname)) return;
  throw new OperatorError('REQUEST_CROSS_SITE', `host ${hostname.slice(0, 100)}`);
}

function isOwnName(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  return hostname === 'localhost' || isIP(literal) !== 0;
}
