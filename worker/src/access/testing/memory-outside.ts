import type { Outside, OutsidePost } from '../outside.ts';

/** Servers elsewhere, as a test says; every answer waits until it is given. */
export class MemoryOutside implements Outside {
  readonly posts: OutsidePost[] = [];
  readonly gets: string[] = [];
  /** What `get` answers; an Error is thrown. */
  document: string | Error = new Error('nobody there');
  /** What `post` answers; undefined: never, until it has taken too long. */
  status: ((post: OutsidePost) => number | Error | Promise<number>) | undefined = undefined;

  get(url: string): Promise<Buffer> {
    this.gets.push(url);
    const { document } = this;
    return document instanceof Error
      ? Promise.reject(document)
      : Promise.resolve(Buffer.from(document));
  }

  async post(post: OutsidePost): Promise<number> {
    this.posts.push(post);
    const answer = await this.status?.(post);
    if (answer instanceof Error) throw answer;
    return answer ?? new Promise<never>(() => undefined);
  }

  close(): void {
    return;
  }
}
