import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../errors.ts';
import { CLUSTER } from './document/call.ts';
import type { ClusterParams, FindCluster, StreamParams } from './params.ts';

interface SessionParams extends StreamParams {
  readonly id: string;
}

/** As they stand in the query string. */
interface ListQuery {
  readonly limit?: string;
  readonly page?: string;
}
interface KickQuery {
  readonly banSeconds?: string;
}

const STREAM = `${CLUSTER}/streams/:app/:stream`;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** 30 days. */
const MAX_BAN_SECONDS = 2_592_000;
const ID = /^[A-Za-z0-9_-]{16}$/;

/** Who publishes and watches; ends what they do. */
export function registerSessions(app: FastifyInstance, find: FindCluster): void {
  app.get<{ Params: ClusterParams; Querystring: ListQuery }>(
    `${CLUSTER}/sessions`,
    ({ params, query }) => find(params).sessions.list({ stream: '', ...pageOf(query) }),
  );
  app.get<{ Params: StreamParams; Querystring: ListQuery }>(
    `${STREAM}/sessions`,
    ({ params, query }) => {
      const stream = `${params.app}/${params.stream}`;
      return find(params).sessions.list({ stream, ...pageOf(query) });
    },
  );
  app.delete<{ Params: SessionParams; Querystring: KickQuery }>(
    `${STREAM}/sessions/:id`,
    ({ params, query }) => {
      const { id } = params;
      if (!ID.test(id)) throw new OperatorError('REQUEST_INVALID', 'not the id of a session');
      const stream = `${params.app}/${params.stream}`;
      const banSeconds = numberOf('banSeconds', query.banSeconds ?? '0', [0, MAX_BAN_SECONDS]);
      return find(params).sessions.kick({ stream, id, banSeconds });
    },
  );
}

function pageOf({ limit, page = '' }: ListQuery): { limit: number; after: string } {
  if (page !== '' && !ID.test(page)) {
    throw new OperatorError('REQUEST_INVALID', 'page is not of an earlier page');
  }
  const most = numberOf('limit', limit ?? String(DEFAULT_LIMIT), [1, MAX_LIMIT]);
  return { limit: most, after: page };
}

function numberOf(name: string, text: string, [least, most]: readonly [number, number]): number {
  const number = text === '' ? NaN : Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new OperatorError('REQUEST_INVALID', `${name} must be ${least} to ${most}`);
}
