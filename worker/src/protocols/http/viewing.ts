import { streamName, type StreamName } from '../../media/stream-name.ts';
import type { HttpExchange } from './exchange.ts';

/** What a protocol that plays needs of the cluster's StreamAccess. */
export interface ViewAccess<S> {
  view(name: StreamName): Promise<S>;
  viewSync(name: StreamName): S | undefined;
}

/**
 * Finds the stream that a path names and passes it on, without waiting when it
 * is here. Answers the exchange when the name is bad or there is no such stream.
 */
export function withStream<S>(
  access: ViewAccess<S>,
  exchange: HttpExchange,
  name: StreamName | undefined,
  use: (stream: S, name: StreamName) => void,
): void {
  if (name === undefined) {
    exchange.fail('STREAM_NAME_INVALID');
    return;
  }
  const here = access.viewSync(name);
  if (here !== undefined) {
    use(here, name);
    return;
  }
  access
    .view(name)
    .then((stream) => {
      if (exchange.isOpen) use(stream, name);
    })
    .catch((cause: unknown) => exchange.failWith(cause));
}

/** Takes `APP/NAME.suffix` apart; undefined when the grammar refuses it. */
export function nameOfPath(segments: readonly string[], suffix: string): StreamName | undefined {
  const [app = '', file = ''] = segments;
  return streamName(app, file.slice(0, file.length - suffix.length));
}

/** The path is `APP/NAME.suffix`. */
export function hasSuffix(segments: readonly string[], suffix: string): boolean {
  return segments.length === 2 && (segments[1]?.endsWith(suffix) ?? false);
}
