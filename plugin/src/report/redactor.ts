import { AddressNames } from './addresses.ts';
import { redactBlocks, redactText } from './redact-text.ts';
import { isSensitive, isSensitiveInLog, REDACTED } from './sensitive.ts';

export interface RedactorOptions {
  readonly hidesAddresses: boolean;
}

/** Objects that only name a Secret: what is kept of them. */
const REFERENCES = new Set([
  'secret',
  'secrets',
  'secretKeyRef',
  'secretRef',
  'imagePullSecrets',
  'serviceAccountToken',
]);
const REFERENCE_FIELDS = new Set([
  ...['name', 'namespace', 'secretName', 'key', 'path', 'items', 'mode', 'defaultMode', 'optional'],
  ...['audience', 'expirationSeconds'],
]);
/** They repeat what stands elsewhere, or say nothing to anybody. */
const DROPPED = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration']);
/** What the kubelet puts in front of a line when asked to. */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]{8,24}(?:Z|[+-]\d\d:\d\d) /;
const MAX_LINE_CHARACTERS = 16_384;
const MAX_DEPTH = 64;

/** Takes out secrets, and addresses if asked to. */
export class Redactor {
  private readonly addresses: AddressNames | undefined;

  constructor({ hidesAddresses }: RedactorOptions) {
    this.addresses = hidesAddresses ? new AddressNames() : undefined;
  }

  text(text: string): string {
    const redacted = redactText(text);
    return this.addresses?.redact(redacted) ?? redacted;
  }

  /** An object of the API server, or an answer of the operator. */
  resource(value: unknown): unknown {
    return this.walk(value, isSensitive, 0);
  }

  /** Lines of JSON are taken apart; all others are text. */
  log(text: string): string {
    // Blocks of several lines first, or their middle would look harmless.
    const lines = redactBlocks(text).split('\n');
    return lines.map((line) => this.logLine(line)).join('\n');
  }

  private logLine(line: string): string {
    const time = TIME.exec(line)?.[0] ?? '';
    const parsed = parseObject(line.slice(time.length));
    const redacted =
      parsed === undefined
        ? this.text(line)
        : `${time}${JSON.stringify(this.walk(parsed, isSensitiveInLog, 0))}`;
    const tooLong = redacted.length - MAX_LINE_CHARACTERS;
    return tooLong > 0 ? `${redacted.slice(0, MAX_LINE_CHARACTERS)}… ${tooLong} more` : redacted;
  }

  private walk(value: unknown, isSecret: (name: string) => boolean, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return REDACTED;
    if (Array.isArray(value)) return this.list(value, isSecret, depth);
    const entries = Object.entries(value).filter(([name]) => !DROPPED.has(name));
    const isNamedSecret = typeof value === 'object' && isSecretPair(value, isSecret);
    return Object.fromEntries(
      entries.map(([name, inner]) => {
        if (isNamedSecret && name === 'value') return [name, REDACTED];
        return [this.text(name), this.field(name, inner, isSecret, depth)];
      }),
    );
  }

  private field(
    name: string,
    value: unknown,
    isSecret: (name: string) => boolean,
    depth: number,
  ): unknown {
    if (isSecret === isSensitive && REFERENCES.has(name)) return this.reference(value);
    if (!isSecret(name)) return this.walk(value, isSecret, depth + 1);
    return isFlag(value) ? value : REDACTED;
  }

  /** `--password`, `hunter2`: the value follows its name. */
  private list(
    items: readonly unknown[],
    isSecret: (name: string) => boolean,
    depth: number,
  ): unknown[] {
    return items.map((item, at) => {
      const before: unknown = items[at - 1];
      const isValue = typeof before === 'string' && /^--?[\w.-]+$/.test(before) && isSecret(before);
      return isValue ? REDACTED : this.walk(item, isSecret, depth + 1);
    });
  }

  private reference(value: unknown): unknown {
    if (typeof value === 'string') return REDACTED;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.reference(item));
    const kept = Object.entries(value).filter(([name]) => REFERENCE_FIELDS.has(name));
    return Object.fromEntries(
      kept.map(([name, inner]: [string, unknown]) => [
        name,
        typeof inner === 'string' ? this.text(inner) : this.reference(inner),
      ]),
    );
  }
}

/** `{name: DB_PASSWORD, value: …}`, as environments are. */
function isSecretPair(value: object, isSecret: (name: string) => boolean): boolean {
  return 'name' in value && typeof value.name === 'string' && isSecret(value.name);
}

/** Whether there is one is no secret. */
function isFlag(value: unknown): boolean {
  return typeof value === 'boolean' || value === null || value === '';
}

function parseObject(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
