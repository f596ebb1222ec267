import type { Logger } from 'pino';
import {
  authorityData,
  bundleOf,
  isUsableSigner,
  parseAuthority,
  phaseOf,
  type AuthorityPhase,
  type AuthorityState,
  type PartialAuthority,
} from './authority-state.ts';
import {
  AUTHORITY_TIMES,
  introduced,
  nextStep,
  type AuthorityChange,
  type AuthorityTimes,
  type StepInput,
} from './authority-step.ts';
import { makeAuthority, type Signer } from './issue.ts';
import { OperatorError } from '../errors.ts';
import { isSameData, type SecretStore, type StoredSecret } from './secret-store.ts';

/** `cleaned`: what was broken or over beside a CA that is sound. */
export type AuthorityEvent = AuthorityChange | 'created' | 'lost' | 'cleaned' | 'unreachable';

export interface AuthorityOptions {
  readonly store: SecretStore;
  readonly namespace: string;
  readonly name: string;
  readonly log: Logger;
  readonly times?: AuthorityTimes;
  /** Told of everything that happens to the CA, to be counted. */
  readonly onEvent: (event: AuthorityEvent) => void;
}

/** What certificates are made from and checked against, as of one moment. */
export interface AuthorityView {
  readonly signer: Signer;
  /** PEM of all that is believed. */
  readonly bundle: string;
  readonly phase: AuthorityPhase;
  readonly leafLifetimeMs: number;
}

interface Attempt {
  readonly event: AuthorityEvent | undefined;
  readonly state: AuthorityState;
}

/** Another operator may write first, rarely twice. */
const MAX_ATTEMPTS = 5;

/**
 * The CA of all our own connections, in one Secret. Every operator steps it;
 * whoever writes first wins and the others read.
 */
export class Authority {
  private readonly options: AuthorityOptions;
  private readonly times: AuthorityTimes;
  private state: AuthorityState | undefined = undefined;

  constructor(options: AuthorityOptions) {
    this.options = options;
    this.times = options.times ?? AUTHORITY_TIMES;
  }

  /** As of the last step; undefined before the first. */
  get view(): AuthorityView | undefined {
    return this.state && this.viewOf(this.state);
  }

  /**
   * Level-triggered: reads the Secret, makes it or takes the one step of a rotation
   * that is due. `areLeavesCurrent` says whether every worker's Secret is as the
   * last view wants it; undefined from an operator that does not know. Rejects only
   * if the API server does not answer and there is nothing to go on with.
   */
  async step(nowMs: number, areLeavesCurrent?: boolean): Promise<AuthorityView> {
    try {
      this.state = await this.stepped({ nowMs, areLeavesCurrent, times: this.times });
    } catch (error) {
      this.options.onEvent('unreachable');
      if (this.state === undefined) throw error;
      this.options.log.warn({ err: error }, 'Secret of the CA cannot be read or written');
    }
    return this.viewOf(this.state);
  }

  private async stepped(input: StepInput): Promise<AuthorityState> {
    const { store, namespace, name } = this.options;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await store.read(namespace, name);
      const { event, state } = await this.attempt(stored, input);
      if (event === undefined) return state;
      const data = authorityData(state);
      if (await store.write({ namespace, name, data, version: stored?.version })) {
        this.tell(event, state);
        return state;
      }
    }
    throw new OperatorError('CREDENTIALS_CONTESTED', `${namespace}/${name}`);
  }

  /** What is to be written, if there is an event. */
  private async attempt(stored: StoredSecret | undefined, input: StepInput): Promise<Attempt> {
    const parsed = stored && parseAuthority(stored.data, input.nowMs);
    const current = parsed?.current;
    if (parsed === undefined || current === undefined) return await this.anew(parsed, input);
    const state = { ...parsed, current };
    const due = await nextStep(state, input);
    if (due !== undefined) return { event: due.change, state: due.state };
    const isClean = isSameData(authorityData(state), stored?.data ?? {});
    return { event: isClean ? undefined : 'cleaned', state };
  }

  /**
   * A Secret that was deleted or broken. The CA that this operator remembers
   * signs on while a new one is introduced, so nobody is cut; without one,
   * workers believe nobody until they have the new bundle.
   */
  private async anew(parsed: PartialAuthority | undefined, input: StepInput): Promise<Attempt> {
    const { nowMs, times } = input;
    const known = this.state;
    if (known !== undefined && isUsableSigner(known.current, nowMs)) {
      return { event: 'lost', state: await introduced(known, input) };
    }
    const current = parsed?.next ?? (await makeAuthority(nowMs, times.caLifetimeMs));
    const state = { current, next: undefined, previous: parsed?.previous, settledMs: undefined };
    return { event: parsed === undefined && known === undefined ? 'created' : 'lost', state };
  }

  private tell(event: AuthorityEvent, state: AuthorityState): void {
    const { log, namespace, name, onEvent } = this.options;
    onEvent(event);
    const fields = { event, phase: phaseOf(state), secret: { namespace, name } };
    if (event === 'lost') log.error({ ...fields, code: 'CREDENTIALS_INVALID' }, 'CA made anew');
    else log.info(fields, 'CA changed');
  }

  private viewOf(state: AuthorityState): AuthorityView {
    return {
      signer: state.current,
      bundle: bundleOf(state),
      phase: phaseOf(state),
      leafLifetimeMs: this.times.leafLifetimeMs,
    };
  }
}
