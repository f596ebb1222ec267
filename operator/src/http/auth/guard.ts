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
  if (!isReading(request)) checkChange(request, route, identity);
  setIdentity(request, identity);
}

function isGuarded(route: string, auth: ConsoleAuth): boolean {
  if (route.startsWith('/metrics')) return !auth.areMetricsOpen;
  return route.startsWith('/api/') || route.startsWith('/debug/');
}

function checkChange({ hostname }: FastifyRequest, route: string, identity: Identity): void {
  const { by, role } = identity;
  if (by === 'nothing') checkOpen(route, role, hostname);
  else if (role !== 'admin') throw new OperatorError('ROLE_INSUFFICIENT');
}

/**
 * Without a login, what concerns sessions and logs is for whoever reaches the port, which
 * RBAC of `services/proxy` can rule; numbers of workers and drains are not.
 */
function checkOpen(route: string, role: Role, hostname: string): void {
  if (role === 'admin') {
    // A name that another site's owner points here would be as good as ours.
    if (isOwnName(hostname)) return;
    throw new OperatorError('REQUEST_CROSS_SITE', `host ${hostname.slice(0, 100)}`);
  }
  if (!ACTION_ROUTES.has(route)) return;
  throw new OperatorError('ROLE_INSUFFICIENT', 'no login is set up');
}

function isOwnName(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  return hostname === 'localhost' || isIP(literal) !== 0;
}
