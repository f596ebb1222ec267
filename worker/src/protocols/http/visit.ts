import { cleanTraceParent } from '../../access/trace-parent.ts';
import { cleanUserAgent } from '../../access/user-agent.ts';
import type { Visit } from '../../access/visit.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { Entry, Visitors } from '../../sessions/visitors.ts';
import type { HttpExchange } from './exchange.ts';

type PlayProtocol = 'flv' | 'ws-flv' | 'hls';

/** Only during the call of a route's handler: it reads the head. `query`: without what a
 * route adds itself. */
export function visitOf(
  exchange: HttpExchange,
  name: StreamName,
  protocol: PlayProtocol,
  query = exchange.query,
): Visit {
  const { connection, head } = exchange;
  const header = (lowerName: string): string => head.header(lowerName) ?? '';
  // One literal: of thousands of viewers each keeps its visit, and spreads make it larger.
  return {
    action: 'play',
    protocol,
    name,
    query,
    address: exchange.address,
    isEncrypted: connection.isEncrypted,
    authorization: header('authorization'),
    cookie: header('cookie'),
    userAgent: cleanUserAgent(header('user-agent')),
    traceParent: cleanTraceParent(header('traceparent')),
  };
}

/** Lets the visitor in and goes on, without waiting when nobody has to be asked. Answers
 * the exchange when it may not. */
export function admitted(
  visitors: Visitors,
  exchange: HttpExchange,
  visit: Visit,
  use: (entry: Entry) => void,
): void {
  goOn(exchange, () => visitors.enter(visit), use);
}

/** The same of somebody who says that he has a session. */
export function admittedAgain(
  visitors: Visitors,
  exchange: HttpExchange,
  visit: Visit,
  use: (entry: Entry) => void,
): void {
  goOn(exchange, () => visitors.enterAgain(visit), use);
}

function goOn(
  exchange: HttpExchange,
  enter: () => Entry | Promise<Entry>,
  use: (entry: Entry) => void,
): void {
  const entry = entered(exchange, enter);
  if (!(entry instanceof Promise)) {
    if (entry !== undefined) use(entry);
    return;
  }
  entry
    .then((found) => {
      if (exchange.isOpen) use(found);
    })
    .catch((cause: unknown) => exchange.failWith(cause));
}

function entered(
  exchange: HttpExchange,
  enter: () => Entry | Promise<Entry>,
): Entry | Promise<Entry> | undefined {
  try {
    return enter();
  } catch (cause) {
    exchange.failWith(cause);
    return undefined;
  }
}
