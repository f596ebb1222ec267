import type { AccessRule, ActionAccess } from '@streamcluster/proto';
import { WorkerError } from '../errors.ts';
import type { Clock } from '../stream/clock.ts';
import type { CallbackConfig } from './callbacks.ts';
import type { KeyRing } from './key-ring.ts';
import type { LimitsOfRule } from './limits.ts';
import { Networks } from './networks.ts';
import type { UrlKeys } from './signed-url.ts';
import { Tokens } from './tokens.ts';
import type { VisitAction } from './visit.ts';

/** What one action takes. */
export interface ActionRule {
  readonly byJwt: boolean;
  readonly bySignedUrl: boolean;
  readonly callback: CallbackConfig | undefined;
  readonly allow: Networks;
  readonly deny: Networks;
}

/** A rule, ready to be applied. */
export interface Rule extends Record<VisitAction, ActionRule | undefined> {
  readonly limits: LimitsOfRule;
  /** 0: no limit. */
  readonly publisherBitsPerSecond: number;
  readonly tokens: Tokens | undefined;
  readonly urlKeys: () => UrlKeys;
}

interface RuleOfApps extends Rule {
  readonly apps: ReadonlySet<string>;
}

/** The rules of a StreamCluster; the first one whose app fits counts. */
export class Rules {
  private readonly rules: readonly RuleOfApps[];

  /** Throws ACCESS_RULES_INVALID. */
  constructor(rules: readonly AccessRule[], keys: KeyRing, clock: Clock) {
    this.rules = rules.map((rule) => compiled(rule, keys, clock));
  }

  /** Of streams, somewhere. */
  get limitViewers(): boolean {
    return this.rules.some(({ limits }) => limits.viewersPerStream > 0);
  }

  /** Undefined: everybody may. */
  of(app: string): Rule | undefined {
    return this.rules.find(({ apps }) => apps.size === 0 || apps.has(app));
  }

  /** Keys are others than before. */
  forgetTokens(): void {
    for (const { tokens } of this.rules) tokens?.forget();
  }
}

function compiled(rule: AccessRule, keys: KeyRing, clock: Clock): RuleOfApps {
  const { jwt, signedUrl, viewersPerStream, connectionsPerAddress } = rule;
  const secrets = signedUrl?.keys ?? [];
  return {
    apps: new Set(rule.apps),
    publish: rule.publish && actionRule(rule.publish),
    play: rule.play && actionRule(rule.play),
    limits: { viewersPerStream, connectionsPerAddress },
    publisherBitsPerSecond: rule.publisherKilobitsPerSecond * 1000,
    tokens:
      jwt &&
      new Tokens({
        keys: () => keys.tokenKeys(jwt),
        lookAgain: () => keys.lookAgain(jwt),
        isWaiting: () => keys.isWaiting(jwt),
        issuer: jwt.issuer,
        audience: jwt.audience,
        clock,
      }),
    urlKeys: () => ({
      keys: keys.secrets(secrets),
      isWaiting: keys.isWaitingForSecrets(secrets),
    }),
  };
}

function actionRule({ byJwt, bySignedUrl, callback, allow, deny }: ActionAccess): ActionRule {
  return { byJwt, bySignedUrl, callback, allow: networksOf(allow), deny: networksOf(deny) };
}

function networksOf(blocks: readonly string[]): Networks {
  const networks = Networks.parse(blocks);
  if (networks === undefined) throw new WorkerError('ACCESS_RULES_INVALID', 'addresses');
  return networks;
}
