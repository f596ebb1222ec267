import { OperatorError } from '../../errors.ts';

export interface ThumbnailsOptions {
  /** JPEG of a picture in FLV; undefined: none can be made of it. */
  readonly encode: (flv: Buffer) => Promise<Buffer | undefined>;
  readonly nowMs: () => number;
}

/** Undefined: there is no picture. */
type Thumbnail = Buffer | undefined;

interface Kept {
  readonly picture: Promise<Thumbnail>;
  readonly atMs: number;
}

const KEEP_MS = 10_000;
const MAX_KEPT = 500;
const PARALLEL = 2;
const MAX_WAITING = 64;

/** Pictures of streams, each made at most every ten seconds, two at a time. */
export class Thumbnails {
  private readonly options: ThumbnailsOptions;
  private readonly kept = new Map<string, Kept>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(options: ThumbnailsOptions) {
    this.options = options;
  }

  /** `fetch` reads the newest picture as FLV. Rejects with TOO_MANY, or as `fetch` does. */
  get(key: string, fetch: () => Promise<Buffer>): Promise<Thumbnail> {
    const nowMs = this.options.nowMs();
    const present = this.kept.get(key);
    if (present !== undefined && nowMs - present.atMs < KEEP_MS) return present.picture;
    if (this.running >= PARALLEL && this.waiting.length >= MAX_WAITING) {
      return Promise.reject(new OperatorError('TOO_MANY', 'thumbnails are asked for'));
    }
    const picture = this.make(fetch);
    this.keep(key, { picture, atMs: nowMs });
    return picture;
  }

  private async make(fetch: () => Promise<Buffer>): Promise<Thumbnail> {
    await this.turn();
    try {
      return await this.options.encode(await fetch());
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    while (this.running >= PARALLEL) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running += 1;
  }

  /** The oldest are first, and go first. */
  private keep(key: string, kept: Kept): void {
    this.kept.delete(key);
    this.kept.set(key, kept);
    kept.picture.catch(() => {
      if (this.kept.get(key) === kept) this.kept.delete(key);
    });
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}
