import type { Clock, Timer } from '../clock.ts';
import { KubeError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import type { WatchOptions } from './client-types.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Resource } from './resources.ts';
import { asKubeError } from './transport.ts';
import { parseWatchEvent, type WatchEvent } from './watch-event.ts';
import type { KubeObject } from './wire.ts';

export interface WatchOnceOptions<T extends KubeObject> extends WatchOptions {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly clock: Clock;
  /** The server agreed. */
  readonly onOpen: () => void;
  /** Bytes arrived: the connection lives. */
  readonly onBytes: () => void;
  readonly onEvent: (event: Exclude<WatchEvent<T>, { readonly type: 'ERROR' }>) => void;
}

/** An object has 1.5 MB at most, as etcd is set up by default. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
/**
 * Bookmarks come each minute, even where nothing changes; but not of an API server
 * that has seen no change at all since it started, so silence proves nothing.
 */
const SILENCE_MS = 150_000;

class Silence extends Error {}

/** One watch, from its request to its end. Throws unless the server ends it, or is silent for too long. */
export async function watchOnce<T extends KubeObject>(options: WatchOnceOptions<T>): Promise<void> {
  const { client, resource, clock, signal, onBytes } = options;
  const stream = await client.watch(resource, options);
  options.onOpen();
  const lines = new LineSplitter(MAX_LINE_BYTES);
  let timer: Timer | undefined = undefined;
  const listen = (): void => {
    timer?.clear();
    timer = clock.setTimer(SILENCE_MS, () => {
      stream.destroy(new Silence());
    });
  };
  listen();
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      onBytes();
      listen();
      take(lines.push(piece), options);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason as Error;
    if (!(error instanceof Silence)) throw asKubeError(error);
  } finally {
    (timer as Timer | undefined)?.clear();
  }
}

function take<T extends KubeObject>(
  lines: readonly string[] | undefined,
  { onEvent, resource }: WatchOnceOptions<T>,
): void {
  if (lines === undefined) {
    const what = `line of a watch of ${resource.plural} over ${MAX_LINE_BYTES} bytes`;
    throw KubeError.local('Malformed', what);
  }
  for (const line of lines) {
    const event = parseWatchEvent<T>(line);
    if (event === undefined) {
      throw KubeError.local('Malformed', `line of a watch of ${resource.plural} is no event`);
    }
    if (event.type === 'ERROR') throw event.error;
    onEvent(event);
  }
}
