import { pick, type Random } from '@streamcluster/placement';
import { streamName, type StreamName } from '@streamcluster/worker/testing';
import type { Site } from '../world/site.ts';
import { Crowd } from './crowd.ts';
import { PublisherClient } from './publisher-client.ts';
import { ViewerClient } from './viewer-client.ts';

/** All who use the cluster. */
export class Clients {
  readonly names: readonly StreamName[];
  readonly publishers: PublisherClient[] = [];
  readonly viewers: ViewerClient[] = [];
  readonly crowds: Crowd[] = [];
  private readonly site: Site;
  private readonly random: Random;

  constructor(site: Site, streams: number) {
    this.site = site;
    this.random = site.random('clients');
    this.names = Array.from({ length: streams }, (_, index) => nameOf(`s${index}`));
  }

  turn(): void {
    for (const publisher of this.publishers) publisher.turn();
    for (const viewer of this.viewers) viewer.turn();
    for (const crowd of this.crowds) crowd.turn();
  }

  publish(name: StreamName): void {
    this.publishers.push(new PublisherClient(this.site, name, this.random));
  }

  view(name: StreamName): void {
    this.viewers.push(new ViewerClient(this.site, name, this.random));
  }

  gather(name: StreamName, groups: number): void {
    this.crowds.push(new Crowd(this.site, name, this.random, groups));
  }

  /** One of them leaves. */
  leave(random: Random): string {
    const viewer = pick(random, this.viewers);
    if (viewer === undefined) return 'nobody';
    viewer.leave();
    this.viewers.splice(this.viewers.indexOf(viewer), 1);
    return viewer.name.key;
  }

  /** Who publishes the stream by now. */
  liveOf(name: StreamName): PublisherClient[] {
    return this.publishers.filter((one) => one.name === name && one.isLive);
  }
}

function nameOf(label: string): StreamName {
  const name = streamName('live', label);
  if (name === undefined) throw new Error('not a name');
  return name;
}
