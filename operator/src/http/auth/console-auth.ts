import { randomBytes } from 'node:crypto';
import { BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { realClock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import { cookieOf } from './cookie.ts';
import { Failures } from './failures.ts';
import type { AuthFlags } from './flags.ts';
import type { Identity, Role } from './identity.ts';
import { proxyIdentity, type ProxyRules } from './proxy-identity.ts';
import { signSession, verifySession, type SessionClaims } from './session-token.ts';
import { Tokens } from './tokens.ts';

/** A working day. */
const SESSION_MS = 12 * 3_600_000;
const KEY_BYTES = 32;
export const TOKEN_HEADER = 'x-streamcluster-token';
const BEARER = /^Bearer +(\S+)$/i;

export interface ConsoleAuthOptions {
  readonly flags: AuthFlags;
  /** What everybody may where there is no login. */
  readonly openRole: Role;
  /**
   * What operators of an installation have in common, and nobody else knows; undefined: it
   * was not read yet. Without: sessions are good at this operator only, while it runs.
   */
  readonly installationKey?: () => Buffer | undefined;
  readonly log: Logger;
}

/** Who may see and do what on page and API. */
export class ConsoleAuth {
  readonly openRole: Role;
  readonly areMetricsOpen: boolean;
  readonly proxies: BlockList;
  private readonly rules: ProxyRules;
  private readonly tokens: Tokens | undefined;
  private readonly installationKey: () => Buffer | undefined;
  private readonly failures = new Failures(() => realClock.nowMs());
  private readonly log: Logger;

  /** Throws CONSOLE_AUTH_INVALID. */
  constructor({ flags, openRole, installationKey = ownKey(), log }: ConsoleAuthOptions) {
    this.openRole = openRole;
    this.log = log;
    this.installationKey = installationKey;
    this.proxies = flags.consoleTrustedProxies;
    this.rules = {
      userHeader: flags.consoleUserHeader?.toLowerCase(),
      groupHeader: flags.consoleGroupHeader?.toLowerCase(),
      adminGroups: new Set(flags.consoleAdminGroups),
      viewerGroups: new Set(flags.consoleViewerGroups),
    };
    const { consoleAuthDir } = flags;
    this.tokens = consoleAuthDir === undefined ? undefined : new Tokens(consoleAuthDir, log);
    this.areMetricsOpen = this.tokens === undefined || flags.consoleMetricsOpen;
  }

  get hasLogin(): boolean {
    return this.tokens !== undefined;
  }

  /** Undefined: nobody who is known. Throws LOGIN_REFUSED and LOGIN_LIMITED. */
  identify(request: FastifyRequest): Identity | undefined {
    const { tokens, openRole } = this;
    if (tokens === undefined) return { name: 'everybody', role: openRole, by: 'nothing' };
    const bearer = tokenOf(request);
    if (bearer !== undefined) return this.identityOfBearer(tokens, bearer, request.ip);
    const cookie = cookieOf(request.headers.cookie);
    const session = cookie === undefined ? undefined : this.sessionOf(tokens, cookie);
    if (session !== undefined) {
      return { name: session.name, role: session.role, by: 'cookie' };
    }
    return proxyIdentity(request, this.proxies, this.rules);
  }

  /** A session for a cookie. Throws LOGIN_REFUSED and LOGIN_LIMITED. */
  logIn(token: string, address: string): { readonly session: string; readonly role: Role } {
    const { tokens } = this;
    if (tokens === undefined) throw new OperatorError('LOGIN_REFUSED', 'there is no login here');
    const role = this.roleOf(tokens, token, address);
    this.log.info({ role, address }, 'login');
    return { session: this.sign(tokens, { name: role, role }, SESSION_MS), role };
  }

  /** Whether who was let in a while ago would be let in now. */
  isStillIn(request: FastifyRequest): boolean {
    try {
      return this.identify(request) !== undefined;
    } catch (error) {
      if (error instanceof OperatorError) return false;
      throw error;
    }
  }

  /**
   * What another operator of this installation believes; empty where nobody logs in. Throws
   * KUBERNETES_UNREACHABLE.
   */
  vouch({ name, role }: Identity, forMs: number): string {
    if (this.tokens === undefined) return '';
    return this.sign(this.tokens, { name, role, isVouch: true }, forMs);
  }

  close(): void {
    this.tokens?.close();
  }

  private sign(
    tokens: Tokens,
    claims: Omit<SessionClaims, 'expiresUnixMs'>,
    forMs: number,
  ): string {
    const key = this.installationKey();
    if (key === undefined) throw new OperatorError('KUBERNETES_UNREACHABLE', 'no CA was read yet');
    const expiresUnixMs = realClock.unixMs() + forMs;
    return signSession({ ...claims, expiresUnixMs }, tokens.sessionKey(key));
  }

  /** A token of the Secret, or a session that another operator passes on. */
  private identityOfBearer(tokens: Tokens, bearer: string, address: string): Identity {
    const session = this.sessionOf(tokens, bearer);
    if (session !== undefined) {
      const { name, isVouch = false } = session;
      return { name, role: session.role, by: 'token', isVouchedFor: isVouch };
    }
    const role = this.roleOf(tokens, bearer, address);
    return { name: role, role, by: 'token' };
  }

  private sessionOf(tokens: Tokens, text: string): SessionClaims | undefined {
    const key = this.installationKey();
    return key && verifySession(text, tokens.sessionKey(key), realClock.unixMs());
  }

  private roleOf(tokens: Tokens, token: string, address: string): Role {
    const waitMs = this.failures.waitMs(address);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1_000);
      throw new OperatorError('LOGIN_LIMITED', `try again in ${seconds} s`);
    }
    const role = tokens.roleOf(token);
    if (role !== undefined) return role;
    this.failures.note(address);
    this.log.warn({ address, code: 'LOGIN_REFUSED' }, 'wrong token');
    throw new OperatorError('LOGIN_REFUSED');
  }
}

/** Kubernetes' API server keeps `Authorization` for itself when it passes requests on. */
function tokenOf({ headers }: FastifyRequest): string | undefined {
  const { [TOKEN_HEADER]: own, authorization = '' } = headers;
  return typeof own === 'string' ? own : BEARER.exec(authorization)?.[1];
}

function ownKey(): () => Buffer {
  const key = randomBytes(KEY_BYTES);
  return () => key;
}

/** Without a login. */
export function openAuth(openRole: Role, log: Logger): ConsoleAuth {
  return new ConsoleAuth({ flags: NO_FLAGS, openRole, log });
}

const NO_FLAGS: AuthFlags = {
  consoleAuthDir: undefined,
  consoleTrustedProxies: new BlockList(),
  consoleUserHeader: undefined,
  consoleGroupHeader: undefined,
  consoleAdminGroups: [],
  consoleViewerGroups: [],
  consoleMetricsOpen: true,
};
