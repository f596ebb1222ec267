import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { OperatorError } from '../../errors.ts';
import { ROLES, type Role } from './identity.ts';

/** What is shorter can be guessed. */
const MIN_CHARACTERS = 16;
/** The kubelet brings a changed Secret within a minute or so anyway. */
const READ_MS = 10_000;
const KEY_BYTES = 32;
const SESSION_PURPOSE = 'streamcluster session';

interface Known {
  readonly role: Role;
  readonly digest: Buffer;
}

interface Read {
  readonly known: readonly Known[];
  /** Of all tokens: what is signed ends with any of them. */
  readonly fingerprint: Buffer;
}

/**
 * Tokens of a Secret: the files `admin` and `viewer` of a folder, one token a line. Several
 * are good at once, so that one can be replaced. Read again while it runs.
 */
export class Tokens {
  private readonly folder: string;
  private readonly log: Logger;
  /** Tokens are compared as digests under a key that nobody else has. */
  private readonly digestKey = randomBytes(KEY_BYTES);
  private readonly timer: NodeJS.Timeout;
  private current: Read;

  /** Throws CONSOLE_AUTH_INVALID. */
  constructor(folder: string, log: Logger) {
    this.folder = folder;
    this.log = log;
    this.current = this.read();
    this.timer = setInterval(() => this.readAgain(), READ_MS).unref();
  }

  /**
   * What sessions are signed by: another key once a token changes. It takes more than the
   * tokens, or who has one could work it out, and sign himself whatever he likes.
   */
  sessionKey(installationKey: Buffer): Buffer {
    const { fingerprint } = this.current;
    const key = hkdfSync('sha256', installationKey, fingerprint, SESSION_PURPOSE, KEY_BYTES);
    return Buffer.from(key);
  }

  /** Takes as long for every token. */
  roleOf(token: string): Role | undefined {
    const digest = this.digest(token);
    let found: Role | undefined;
    for (const known of this.current.known) {
      if (timingSafeEqual(known.digest, digest)) found = known.role;
    }
    return found;
  }

  readAgain(): void {
    try {
      this.current = this.read();
    } catch (error) {
      const fields = { err: error, code: 'CONSOLE_AUTH_INVALID' };
      this.log.warn(fields, 'tokens not read; those that were known stay');
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  private read(): Read {
    const tokens = ROLES.flatMap((role) => this.tokensOf(role).map((token) => ({ role, token })));
    if (tokens.length === 0) {
      throw new OperatorError(
        'CONSOLE_AUTH_INVALID',
        `${this.folder} has neither admin nor viewer`,
      );
    }
    const all = tokens.map(({ role, token }) => `${role}:${token}`).join('\n');
    return {
      known: tokens.map(({ role, token }) => ({ role, digest: this.digest(token) })),
      fingerprint: createHash('sha256').update(all).digest(),
    };
  }

  private tokensOf(role: Role): string[] {
    const lines = textOf(path.join(this.folder, role)).split('\n');
    const tokens = lines.map((line) => line.trim()).filter((line) => line !== '');
    if (tokens.some(({ length }) => length < MIN_CHARACTERS)) {
      const what = `a token of ${role} has less than ${MIN_CHARACTERS} characters`;
      throw new OperatorError('CONSOLE_AUTH_INVALID', what);
    }
    return tokens;
  }

  private digest(token: string): Buffer {
    return createHmac('sha256', this.digestKey).update(token).digest();
  }
}

/** A Secret may have one of the two only. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new OperatorError('CONSOLE_AUTH_INVALID', file, { cause: error });
  }
}
