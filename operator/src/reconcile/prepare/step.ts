import type { Effects, Step } from '../step.ts';

/** Makes what workers need around them before there are workers. */
export class PrepareStep implements Step {
  readonly name = 'prepare';
  private readonly effects: Effects;

  constructor(effects: Effects) {
    this.effects = effects;
  }

  async run(): Promise<undefined> {
    await this.effects.runtime.prepare();
  }
}
