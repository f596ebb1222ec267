import type { Io } from './io.ts';
import { KubeApi } from './kube/kube-api.ts';
import { OperatorApi } from './operator/operator-api.ts';

/** Flags that every command takes. */
export interface CommonFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly output: 'table' | 'json';
  readonly operatorNamespace?: string;
  readonly operatorService?: string;
  readonly operatorToken?: string;
}

/** What a command works with. */
export class Session {
  readonly io: Io;
  readonly flags: CommonFlags;
  readonly kube: KubeApi;
  readonly operator: OperatorApi;

  constructor(io: Io, flags: CommonFlags) {
    this.io = io;
    this.flags = flags;
    this.kube = new KubeApi(flags);
    this.operator = new OperatorApi(this.kube, flags);
  }

  /** Undefined: all. */
  async namespace(): Promise<string | undefined> {
    if (this.flags.allNamespaces === true) return undefined;
    return this.flags.namespace ?? (await this.kube.defaultNamespace());
  }

  get isJson(): boolean {
    return this.flags.output === 'json';
  }

  /** The whole answer of a command with `-o json`. */
  json(value: object): void {
    this.io.out(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** What is not the answer: how far it is, what is missing. */
  note(text: string): void {
    this.io.err(`${text}\n`);
  }
}
