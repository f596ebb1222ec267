import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../stream/clock.ts';
import { KeyFault, readSecret, readTokenKeys, type TokenKey } from './keys.ts';

export interface KeyFilesOptions {
  /** Undefined: there are no keys. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  /** Keys are others than before. */
  readonly onChange: () => void;
}

/** What an entry is for: a shared secret of URLs is no key of tokens. */
type Purpose = 'token' | 'secret';

interface Entry {
  readonly name: string;
  readonly purpose: Purpose;
  content: Buffer | undefined;
  tokenKeys: readonly TokenKey[];
  secret: Buffer | undefined;
  /** It was never there, and may be on its way. */
  isAwaited: boolean;
  readonly namedAtMs: number;
  /** What is wrong with it; said once. */
  fault: string;
}

/** The kubelet is slower. */
const READ_AGAIN_MS = 10_000;
/** Rules are here in a second; the kubelet may take a minute and a half for the keys. */
const ARRIVES_MS = 120_000;
const MAX_BYTES = 256 * 1024;

/**
 * Entries of the Secret with keys, as files that change. One that is there and no key
 * leaves the old one in force; one that is gone is gone: so keys are taken back. One that
 * was never there is waited for.
 */
export class KeyFiles {
  private readonly options: KeyFilesOptions;
  private readonly entries = new Map<string, Entry>();
  private timer: Timer | undefined = undefined;

  constructor(options: KeyFilesOptions) {
    this.options = options;
    if (options.folder !== undefined) this.schedule();
  }

  close(): void {
    this.timer?.clear();
  }

  /** Somebody put keys there, which are for rules. */
  get hasAny(): boolean {
    const { folder } = this.options;
    try {
      return folder !== undefined && readdirSync(folder).some((name) => !name.startsWith('.'));
    } catch {
      return false;
    }
  }

  /** Read at once, and again and again from now on. */
  tokenKeys(name: string): readonly TokenKey[] {
    return this.entry(name, 'token').tokenKeys;
  }

  secret(name: string): Buffer | undefined {
    return this.entry(name, 'secret').secret;
  }

  /** Nobody can tell yet what these are: so long nothing is bad for want of them. */
  isWaitingFor(purpose: Purpose, names: readonly string[]): boolean {
    return names.some((name) => this.entry(name, purpose).isAwaited);
  }

  /** Nobody needs the others any more. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const [key, { name }] of this.entries) if (!names.has(name)) this.entries.delete(key);
  }

  private entry(name: string, purpose: Purpose): Entry {
    const key = `${purpose} ${name}`;
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const { folder, clock } = this.options;
    const entry: Entry = {
      ...{ name, purpose, content: undefined, tokenKeys: [], secret: undefined, fault: '' },
      ...{ isAwaited: folder !== undefined, namedAtMs: clock.nowMs() },
    };
    this.entries.set(key, entry);
    this.read(entry);
    return entry;
  }

  private schedule(): void {
    this.timer = this.options.clock.setTimer(READ_AGAIN_MS, () => {
      const changed = [...this.entries.values()].filter((entry) => this.read(entry));
      if (changed.length > 0) this.options.onChange();
      this.schedule();
    });
  }

  /** True: it is another one than before, or is waited for no more. */
  private read(entry: Entry): boolean {
    const { content: before, isAwaited: wasAwaited } = entry;
    try {
      const content = this.contentOf(entry.name);
      const namedForMs = this.options.clock.nowMs() - entry.namedAtMs;
      entry.isAwaited &&= content === undefined && namedForMs < ARRIVES_MS;
      if (content === undefined) {
        Object.assign(entry, { content: undefined, tokenKeys: [], secret: undefined });
        this.complain(entry, 'missing');
      } else if (before?.equals(content) !== true) {
        use(entry, content);
        entry.fault = '';
        this.options.log.info({ entry: entry.name, purpose: entry.purpose }, 'key read');
      }
    } catch (error) {
      entry.isAwaited = false;
      this.complain(entry, error instanceof KeyFault ? error.message : codeOf(error));
    }
    return entry.content !== before || entry.isAwaited !== wasAwaited;
  }

  private contentOf(name: string): Buffer | undefined {
    const { folder } = this.options;
    if (folder === undefined) return undefined;
    const file = path.join(folder, name);
    try {
      if (statSync(file).size > MAX_BYTES) throw new KeyFault('too large');
      return readFileSync(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  private complain(entry: Entry, fault: string): void {
    if (fault === entry.fault) return;
    entry.fault = fault;
    const { log, counters } = this.options;
    const code = 'ACCESS_KEYS_INVALID';
    counters.count(code);
    log.warn({ code, entry: entry.name, reason: fault }, 'entry is no key');
  }
}

/** Throws KeyFault, and then nothing has changed. */
function use(entry: Entry, content: Buffer): void {
  if (entry.purpose === 'token') entry.tokenKeys = readTokenKeys(content);
  else entry.secret = readSecret(content);
  entry.content = content;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unreadable';
}
