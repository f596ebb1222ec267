import type { AccessConfig } from '@streamcluster/proto';
import type { Logger } from 'pino';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import { Callbacks } from './callbacks.ts';
import { tokenOf, urlSignatureOf } from './credentials.ts';
import { EVERYBODY, type Gate, type Grant } from './gate.ts';
import { KeyRing } from './key-ring.ts';
import { Limits } from './limits.ts';
import type { Outside } from './outside.ts';
import { Rules, type ActionRule, type Rule } from './rules.ts';
import type { SessionEnd } from './session-end.ts';
import { checkSignedUrl } from './signed-url.ts';
import { checkClaims } from './token-claims.ts';
import type { Visit } from './visit.ts';

export interface RuleGateOptions {
  /** With the files that rules name as keys; undefined: there are none. */
  readonly folder: string | undefined;
  /** Nobody is let in before the rules are known. */
  readonly isClosed: boolean;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
  /** Viewers of `APP/NAME` at other workers. */
  readonly viewersElsewhere: (key: string) => number;
}

const NO_RULES = '[]';
/** As long as who may not any more has until he is cut. */
const NEWLY_MS = 5_000;

/** Lets visitors in by the rules of the StreamCluster. */
export class RuleGate implements Gate {
  /** Rules or keys are others than before: who is here is to be asked about again. */
  onChange: () => void = () => undefined;
  private readonly options: RuleGateOptions;
  private readonly keys: KeyRing;
  private readonly callbacks: Callbacks;
  private readonly limits: Limits;
  private rules: Rules;
  /** As they came. */
  private text = NO_RULES;
  private isReady: boolean;
  /** Those that counted until `changedAtMs`; undefined: nobody was let in. */
  private before: Rules | undefined = undefined;
  private changedAtMs = -Infinity;

  constructor(options: RuleGateOptions) {
    this.options = options;
    this.keys = new KeyRing({ ...options, onChange: () => this.keysChanged() });
    const secret = (entry: string): Buffer | undefined => this.keys.secrets([entry])[0];
    this.callbacks = new Callbacks({ ...options, secret });
    this.limits = new Limits(options.viewersElsewhere);
    this.rules = new Rules([], this.keys, options.clock);
    // Who put keys there has rules, too: perhaps since this worker's pod was made.
    this.isReady = !options.isClosed && !this.keys.hasFiles;
  }

  close(): void {
    this.keys.close();
  }

  /** Throws ACCESS_RULES_INVALID, and then the old ones stay. */
  configure({ rules }: Pick<AccessConfig, 'rules'>): void {
    const text = JSON.stringify(rules);
    const isSame = text === this.text;
    if (!isSame) {
      const next = new Rules(rules, this.keys, this.options.clock);
      this.keys.use(rules);
      this.before = this.isReady ? this.rules : undefined;
      this.changedAtMs = this.options.clock.nowMs();
      this.rules = next;
      this.text = text;
    }
    this.isReady = true;
    if (!isSame) this.onChange();
  }

  admit(visit: Visit): Grant | Promise<Grant> {
    return ofVisit(visit, () => {
      const rule = this.ruleOf(visit);
      if (rule === undefined) return EVERYBODY;
      const action = rule[visit.action];
      checkAddress(visit, action);
      this.limits.check(visit, rule.limits);
      return this.asked(visit, action, this.proved(visit, rule, action));
    });
  }

  /** The same of somebody who counts already. */
  readmit(visit: Visit): Grant | Promise<Grant> {
    return this.recheck(visit, EVERYBODY);
  }

  /** The same of somebody who is here: limits do not count, nor is a callback asked again that
   * said yes before. */
  recheck(visit: Visit, { askedUrl }: Grant): Grant | Promise<Grant> {
    return ofVisit(visit, () => {
      const rule = this.ruleOf(visit);
      if (rule === undefined) return EVERYBODY;
      const action = rule[visit.action];
      checkAddress(visit, action);
      const grant = this.proved(visit, rule, action);
      if (action?.callback === undefined || action.callback.url !== askedUrl) {
        return this.asked(visit, action, grant);
      }
      return after(grant, (proved) => ({ ...proved, askedUrl }));
    });
  }

  /** Somebody's session began. Throws ACCESS_LIMIT_REACHED when he came with too many others. */
  opened(visit: Visit): void {
    this.limits.opened(visit);
    const rule = this.rules.of(visit.name.app);
    if (rule !== undefined) this.limits.checkOpened(visit, rule.limits);
  }

  ended(end: SessionEnd): void {
    this.limits.ended(end.visit);
    const { name, action } = end.visit;
    const callback = this.rules.of(name.app)?.[action]?.callback;
    if (callback !== undefined) this.callbacks.tell(end, callback);
  }

  guards(app: string): boolean {
    return !this.isReady || this.rules.of(app)?.play !== undefined;
  }

  /** Everybody could play there until a moment ago. */
  isNewlyGuarded(app: string): boolean {
    const { before, changedAtMs } = this;
    if (before === undefined || before.of(app)?.play !== undefined) return false;
    return this.guards(app) && this.options.clock.nowMs() - changedAtMs < NEWLY_MS;
  }

  get limitsViewers(): boolean {
    return this.rules.limitViewers;
  }

  /** 0: no limit. */
  publisherBitsPerSecond({ name }: Visit): number {
    return this.rules.of(name.app)?.publisherBitsPerSecond ?? 0;
  }

  private keysChanged(): void {
    this.rules.forgetTokens();
    this.onChange();
  }

  private ruleOf({ name }: Visit): Rule | undefined {
    if (!this.isReady) throw new WorkerError('ACCESS_NOT_READY');
    return this.rules.of(name.app);
  }

  private proved(
    visit: Visit,
    { tokens, urlKeys }: Rule,
    action: ActionRule | undefined,
  ): Grant | Promise<Grant> {
    if (action === undefined || !(action.byJwt || action.bySignedUrl)) return EVERYBODY;
    const signature = action.bySignedUrl ? urlSignatureOf(visit) : undefined;
    if (signature !== undefined) {
      const nowUnixMs = this.options.clock.unixMs();
      return { subject: '', untilUnixMs: checkSignedUrl(visit, signature, urlKeys(), nowUnixMs) };
    }
    const token = action.byJwt ? tokenOf(visit) : '';
    if (token === '' || tokens === undefined) throw new WorkerError('ACCESS_TOKEN_MISSING');
    return after(tokens.check(token), (claims) => {
      checkClaims(claims, visit);
      const { subject, untilUnixMs } = claims;
      return { subject, untilUnixMs };
    });
  }

  private asked(
    visit: Visit,
    action: ActionRule | undefined,
    grant: Grant | Promise<Grant>,
  ): Grant | Promise<Grant> {
    const callback = action?.callback;
    if (callback === undefined) return grant;
    return after(grant, (proved) => {
      const granted = { ...proved, askedUrl: callback.url };
      const answer = this.callbacks.ask(visit, proved.subject, callback);
      return answer === undefined ? granted : answer.then(() => granted);
    });
  }
}

/** Denied goes before allowed. */
function checkAddress({ address }: Visit, action: ActionRule | undefined): void {
  if (action === undefined) return;
  const isAllowed = action.allow.isEmpty || action.allow.has(address);
  if (!isAllowed || action.deny.has(address)) throw new WorkerError('ACCESS_ADDRESS_REFUSED');
}

/** At once where there is no promise. */
function after<From, To>(
  value: From | Promise<From>,
  then: (value: From) => To | Promise<To>,
): To | Promise<To> {
  return value instanceof Promise ? value.then(then) : then(value);
}

/** Logs are to say who was refused what. */
function ofVisit(visit: Visit, decide: () => Grant | Promise<Grant>): Grant | Promise<Grant> {
  try {
    const grant = decide();
    if (!(grant instanceof Promise)) return grant;
    return grant.catch((error: unknown) => {
      throw named(error, visit);
    });
  } catch (error) {
    throw named(error, visit);
  }
}

function named(error: unknown, { action, name }: Visit): unknown {
  if (!(error instanceof WorkerError)) return error;
  const { code, detail } = error;
  const what = `${action} ${name.key}`;
  return new WorkerError(code, detail === '' ? what : `${what}: ${detail}`);
}
