import { tokenOf } from '../../access/credentials.ts';
import type { StreamAccess } from '../../cluster/stream-access.ts';
import { streamName, type StreamName } from '../../media/stream-name.ts';
import type { HttpExchange } from './exchange.ts';

/** What a protocol that plays needs of the cluster's StreamAccess. */
export interface ViewAccess<S> {
  view(name: StreamName): Promise<S>;
  viewSync(name: StreamName): S | undefined;
}

/** A player of HLS, which asks again and again. */
export interface AskingPlayer {
  /** Its session's, where it has one already. */
  readonly id: string | undefined;
  /** It watches here. */
  readonly isKnown: boolean;
}

/** Tells which epoch of the directory whoever sent the viewer here went by. */
const SENT_PARAMETER = 'redirected';

/** Sends a viewer to another worker, if that is who should serve it: true. */
export function sendElsewhere(
  access: Pick<StreamAccess, 'elsewhere'>,
  exchange: HttpExchange,
  name: StreamName,
  player?: AskingPlayer,
): boolean {
  if (isBoundHere(exchange)) return false;
  const { isEncrypted } = exchange.connection;
  const found = access.elsewhere(name, {
    protocol: player === undefined ? 'flv' : 'hls',
    isEncrypted,
    isKnown: player?.isKnown ?? false,
    isShed: exchange.isShed,
    sentAtEpoch: sentAtEpoch(exchange.query),
    ...(player?.id !== undefined && { player: player.id }),
  });
  if (found === undefined) return false;
  const parameters = exchange.query.split('&').filter((one) => one !== '' && !isSent(one));
  const query = [...parameters, `${SENT_PARAMETER}=${found.epoch}`].join('&');
  const origin = `${isEncrypted ? 'https' : 'http'}://${found.address}`;
  // Segments of a valid name need no encoding.
  exchange.redirect(`${origin}/${exchange.segments.join('/')}?${query}`);
  return true;
}

/** He proves himself by a header or a cookie: browsers do not send those to another host. */
function isBoundHere({ head, query }: HttpExchange): boolean {
  const authorization = head.header('authorization') ?? '';
  const cookie = head.header('cookie') ?? '';
  if (authorization === '' && cookie === '') return false;
  const ofQuery = tokenOf({ query, authorization: '', cookie: '' });
  return ofQuery === '' && tokenOf({ query: '', authorization, cookie }) !== '';
}

function isSent(parameter: string): boolean {
  return parameter.startsWith(`${SENT_PARAMETER}=`);
}

function sentAtEpoch(query: string): number | undefined {
  if (query === '') return undefined;
  const sent = query.split('&').find(isSent);
  const epoch = Number(sent?.slice(SENT_PARAMETER.length + 1));
  return Number.isSafeInteger(epoch) ? epoch : undefined;
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
