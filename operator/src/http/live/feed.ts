import { difference, type Item } from './difference.ts';

/** Somebody who follows a topic. */
export interface Follower {
  /** False: it was not taken, because too much waits already: a whole picture is due. */
  tell(event: string, data: string): boolean;
}

const NOTHING: ReadonlyMap<string, Item> = new Map();

/** One topic: looked at once for all who follow it, who are told the differences. */
export class Feed {
  /** When it is to be looked at next. */
  dueAtMs = 0;
  private readonly topic: string;
  private known: ReadonlyMap<string, Item> = NOTHING;
  private hasLooked = false;
  /** All that is known, as it is told; made once for however many come at once. */
  private all: string | undefined = undefined;
  /** Follower -> whether it knows all of what is known. */
  private readonly followers = new Map<Follower, boolean>();

  constructor(topic: string) {
    this.topic = topic;
  }

  get isFollowed(): boolean {
    return this.followers.size > 0;
  }

  add(follower: Follower): void {
    this.followers.set(follower, false);
    if (this.hasLooked) this.tellAll(follower);
  }

  remove(follower: Follower): void {
    this.followers.delete(follower);
  }

  /** What is to be seen now. */
  update(items: ReadonlyMap<string, Item>): void {
    const changes = difference(this.known, items);
    this.known = items;
    this.all = undefined;
    this.hasLooked = true;
    const text = changes && JSON.stringify({ topic: this.topic, ...changes });
    for (const [follower, isCurrent] of this.followers) {
      if (!isCurrent) this.tellAll(follower);
      else if (text !== undefined) this.followers.set(follower, follower.tell('change', text));
    }
  }

  private tellAll(follower: Follower): void {
    this.all ??= JSON.stringify({ topic: this.topic, items: Object.fromEntries(this.known) });
    this.followers.set(follower, follower.tell('all', this.all));
  }
}
