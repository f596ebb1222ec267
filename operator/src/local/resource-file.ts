import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Logger } from 'pino';
import YAML from 'yaml';
import { parseStreamCluster } from '../api/parse.ts';
import { OperatorError } from '../errors.ts';
import type { ResourceSnapshot } from '../reconcile/runtime.ts';

/**
 * A file is looked at this often, and taken when two looks in a row see the
 * same: editors write in several steps, replace files and rename them.
 */
const POLL_MS = 250;

/** A StreamCluster in a YAML file, read again whenever it changes. */
export class ResourceFile {
  private readonly file: string;
  private readonly log: Logger;
  private current: ResourceSnapshot;
  private takenText: string;
  private seenText: string;
  private timer: NodeJS.Timeout | undefined = undefined;
  private readonly listeners: (() => void)[] = [];

  /** Throws RESOURCE_UNREADABLE or RESOURCE_INVALID: nothing runs without a good one. */
  constructor(file: string, log: Logger) {
    this.file = file;
    this.log = log;
    const text = readText(file);
    this.takenText = text;
    this.seenText = text;
    this.current = { resource: parseStreamCluster(text, file), generation: 1, fault: undefined };
  }

  get snapshot(): ResourceSnapshot {
    return this.current;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Writes `spec.fixed.replicas` into the file, with everything else as it stands there.
   * Throws RESOURCE_UNREADABLE or RESOURCE_INVALID. */
  scale(replicas: number): void {
    const document = YAML.parseDocument(readText(this.file));
    document.setIn(['spec', 'fixed', 'replicas'], replicas);
    const text = document.toString();
    parseStreamCluster(text, this.file);
    const next = `${this.file}.next`;
    writeFileSync(next, text);
    renameSync(next, this.file);
  }

  watch(): void {
    this.timer = setInterval(() => this.look(), POLL_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    let text: string;
    try {
      text = readText(this.file);
    } catch (error) {
      // Missing for a moment while an editor replaces it, or for good.
      text = `\0${String(error)}`;
    }
    const isSettled = text === this.seenText;
    this.seenText = text;
    if (!isSettled || text === this.takenText) return;
    this.takenText = text;
    this.take();
  }

  private take(): void {
    try {
      this.apply(readText(this.file));
    } catch (error) {
      const fault = error instanceof OperatorError ? error : unreadable(this.file, error);
      this.current = { ...this.current, fault };
      this.log.error(
        { code: fault.code, detail: fault.message },
        'StreamCluster refused; the last good one stays in force',
      );
    }
    for (const listener of this.listeners) listener();
  }

  private apply(text: string): void {
    const { resource: before, generation } = this.current;
    const resource = parseStreamCluster(text, this.file);
    checkIdentity(before.metadata, resource.metadata, this.file);
    const isSame = JSON.stringify(resource.spec) === JSON.stringify(before.spec);
    this.current = { resource, generation: isSame ? generation : generation + 1, fault: undefined };
    this.log.info({ generation: this.current.generation }, 'StreamCluster read');
  }
}

type Identity = ResourceSnapshot['resource']['metadata'];

/** Subjects and bucket are named by it. */
function checkIdentity(before: Identity, now: Identity, file: string): void {
  if (before.name === now.name && before.namespace === now.namespace) return;
  throw new OperatorError(
    'RESOURCE_INVALID',
    `${file}: metadata.name, metadata.namespace: cannot change while it runs`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): OperatorError {
  const reason = error instanceof Error ? error.message : String(error);
  return new OperatorError('RESOURCE_UNREADABLE', `${file}: ${reason}`, { cause: error });
}
