import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OperatorError } from '../../errors.ts';
import type { ConsoleAuth } from './console-auth.ts';
import { setCookie } from './cookie.ts';
import type { Identity } from './identity.ts';

const MAX_TOKEN_CHARACTERS = 1_000;

/** `facts`: what else the page wants to know at once. */
export function registerLogin(
  app: FastifyInstance,
  auth: ConsoleAuth,
  facts: () => Readonly<Record<string, unknown>>,
): void {
  app.get('/api/v1/session', (request) => {
    const { name = '', role = null, by = null } = known(auth, request) ?? {};
    return { hasLogin: auth.hasLogin, name, role, by, ...facts() };
  });
  app.post<{ Body: unknown }>('/api/v1/login', async (request, reply) => {
    const { session, role } = auth.logIn(tokenOf(request.body), request.ip);
    return await reply.header('set-cookie', setCookie(request, session)).send({ role });
  });
  app.post('/api/v1/logout', async (request, reply) => {
    return await reply.header('set-cookie', setCookie(request, '')).code(204).send();
  });
}

/** Whoever is not, may log in. */
function known(auth: ConsoleAuth, request: FastifyRequest): Identity | undefined {
  try {
    return auth.identify(request);
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

function tokenOf(body: unknown): string {
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : '';
  if (typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN_CHARACTERS) {
    return token;
  }
  throw new OperatorError('REQUEST_INVALID', 'no token');
}
