import type { Logger } from 'pino';
import type { Clock, Timer } from '../../clock.ts';
import type { Item } from './difference.ts';
import { Feed, type Follower } from './feed.ts';
import type { Topic } from './topic.ts';

export interface HubOptions {
  readonly look: (topic: Topic) => Promise<ReadonlyMap<string, Item>>;
  readonly clock: Clock;
  readonly log: Logger;
}

const BEAT_MS = 250;
const PERIOD_MS = 1_000;
const MAX_PERIOD_MS = 5_000;
/** Looking at all topics takes no more than this share of the loop. */
const MAX_SHARE = 0.05;

interface Followed {
  readonly topic: Topic;
  readonly feed: Feed;
  isLooking: boolean;
}

/** Who follows what. Nothing is looked at that nobody follows. */
export class Hub {
  private readonly options: HubOptions;
  private readonly topics = new Map<string, Followed>();
  private timer: Timer | undefined = undefined;

  constructor(options: HubOptions) {
    this.options = options;
  }

  /** Returns how to stop following. */
  follow(topics: readonly Topic[], follower: Follower): () => void {
    for (const topic of topics) this.feedOf(topic).feed.add(follower);
    this.beat();
    return () => {
      for (const topic of topics) this.leave(topic, follower);
    };
  }

  close(): void {
    this.timer?.clear();
    this.timer = undefined;
    this.topics.clear();
  }

  private feedOf(topic: Topic): Followed {
    const present = this.topics.get(topic.text);
    if (present !== undefined) return present;
    const made = { topic, feed: new Feed(topic.text), isLooking: false };
    this.topics.set(topic.text, made);
    return made;
  }

  private leave({ text }: Topic, follower: Follower): void {
    const feed = this.topics.get(text)?.feed;
    feed?.remove(follower);
    if (feed?.isFollowed === false) this.topics.delete(text);
  }

  private beat(): void {
    this.timer?.clear();
    this.timer = undefined;
    if (this.topics.size === 0) return;
    const nowMs = this.options.clock.nowMs();
    for (const followed of this.topics.values()) {
      if (!followed.isLooking && nowMs >= followed.feed.dueAtMs) void this.look(followed);
    }
    this.timer = this.options.clock.setTimer(BEAT_MS, () => this.beat());
  }

  private async look(followed: Followed): Promise<void> {
    const { clock, look, log } = this.options;
    const { topic, feed } = followed;
    const beganMs = clock.nowMs();
    followed.isLooking = true;
    try {
      feed.update(await look(topic));
    } catch (error) {
      log.warn({ err: error, topic: topic.text, code: 'INTERNAL' }, 'topic not shown');
    } finally {
      followed.isLooking = false;
      const tookMs = clock.nowMs() - beganMs;
      const periodMs = Math.min(MAX_PERIOD_MS, Math.max(PERIOD_MS, tookMs / MAX_SHARE));
      feed.dueAtMs = beganMs + periodMs;
    }
  }
}
