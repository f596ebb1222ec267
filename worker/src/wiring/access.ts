import type { AccessConfig } from '@streamcluster/proto';
import type { Logger } from 'pino';
import { HttpOutside } from '../access/outside.ts';
import { RuleGate } from '../access/rule-gate.ts';
import { TrustedProxies } from '../access/trusted-proxies.ts';
import { ViewersElsewhere } from '../cluster/viewers-elsewhere.ts';
import { WorkerError } from '../errors.ts';
import type { WorkerOptions } from '../options.ts';
import { RulesWatch } from '../sessions/rules-watch.ts';
import { realClock } from '../stream/clock.ts';

export interface AccessOptions extends Pick<WorkerOptions, 'accessDir' | 'access'> {
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

/** Rules of access and those who see to them, connected. */
export class Access {
  readonly gate: RuleGate;
  readonly trust = new TrustedProxies();
  readonly viewersElsewhere = new ViewersElsewhere({
    clock: realClock,
    limitsViewers: () => this.gate.limitsViewers,
  });
  readonly watch: RulesWatch;
  private readonly options: AccessOptions;
  private readonly outside = new HttpOutside();

  constructor(options: AccessOptions) {
    const { accessDir: folder, access, log, counters } = options;
    const base = { clock: realClock, log, counters };
    this.options = options;
    this.gate = new RuleGate({
      ...base,
      ...{ folder, isClosed: access === 'closed', outside: this.outside },
      viewersElsewhere: (key) => this.viewersElsewhere.of(key),
    });
    this.watch = new RulesWatch({ ...base, rules: this.gate });
    this.gate.onChange = () => this.watch.recheck();
  }

  /** What cannot be read is told, and the old rules stay: the rest of a configuration counts. */
  configure(config: AccessConfig): void {
    const { log, counters } = this.options;
    try {
      this.trust.configure(config);
      this.gate.configure(config);
    } catch (error) {
      const code = error instanceof WorkerError ? error.code : 'ACCESS_RULES_INVALID';
      counters.count(code);
      log.error({ code, err: error }, 'rules of access not usable; old ones stay');
    }
  }

  close(): void {
    this.watch.close();
    this.gate.close();
    this.outside.close();
  }
}
