import type { Logger } from 'pino';
import { OperatorError } from './errors.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** What is logged, changed while the process runs. */
export class LogLevel {
  private readonly root: Logger;
  /** Made from the root: each keeps a level of its own. */
  private readonly children = new Set<WeakRef<Logger>>();

  /** Before the root has any. */
  constructor(root: Logger) {
    this.root = root;
    root.onChild = (child) => void this.children.add(new WeakRef(child));
  }

  get level(): string {
    return this.root.level;
  }

  /** Throws REQUEST_INVALID. */
  become(level: string): void {
    if (!LEVELS.includes(level)) {
      throw new OperatorError('REQUEST_INVALID', `level must be one of ${LEVELS.join(', ')}`);
    }
    this.root.level = level;
    for (const reference of this.children) {
      const child = reference.deref();
      if (child === undefined) this.children.delete(reference);
      else child.level = level;
    }
  }
}
