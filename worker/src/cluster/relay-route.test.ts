import { beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { until } from '../engine/testing/fixture.ts';
import { streamName } from '../media/stream-name.ts';
import { quietLog, serveHttp, type Served } from '../protocols/http/testing/fixture.ts';
import { Live } from '../protocols/http/testing/live.ts';
import { EngineDialer } from './adapters/engine-dialer.ts';
import type { RelayRefusal, RelayRequest } from './peers.ts';
import type { RelayQuery } from './relay-door.ts';
import { RelayFullError, RelayGuests } from './relay-guests.ts';
import { RelayRoute } from './relay-route.ts';

const NAME = streamName('live', 'news')!;

describe('relays over HTTP', () => {
  let served: Served;
  let live: Live;
  let engine: Engine;
  let guests: RelayGuests;
  let asked: RelayQuery[];
  let refusal: Error | undefined;

  beforeEach(() => {
    asked = [];
    refusal = undefined;
    guests = new RelayGuests({ random: { next: () => 0 } });
    served = serveHttp({
      routes: (made) => {
        engine = made;
        live = new Live(engine);
        return [new RelayRoute({ seat }, quietLog)];
      },
    });
  });

  const seat = (query: RelayQuery) => {
    asked.push(query);
    if (refusal !== undefined) return Promise.reject(refusal);
    return Promise.resolve(guests.seat(live.stream, query.worker, query.isServer));
  };
  /** What a worker that dials is told. */
  const dial = (more: Partial<RelayRequest> = {}) => {
    const told = { bytes: 0, refusals: [] as RelayRefusal[], closed: '' };
    const request: RelayRequest = {
      ...{ address: `127.0.0.1:${served.port}`, app: 'live', name: 'news', epoch: 3 },
      ...{
        fromSequence: undefined,
        worker: 'w-2',
        isFromIngest: false,
        isServer: false,
        isSentOn: false,
        ...more,
      },
    };
    const link = new EngineDialer(engine).dial(request, {
      onRefused: (one) => told.refusals.push(one),
      onBytes: (_buf, start, end) => (told.bytes += end - start),
      onClosed: (reason) => (told.closed = reason),
    });
    return { told, link };
  };

  it('carry who asks, what for, and what it knows', async () => {
    live.publish();
    const plain = dial();
    await until('hello', () => plain.told.bytes > 0);
    const flags = { isFromIngest: true, isServer: true, isSentOn: true };
    const server = dial({ worker: 'w-3', ...flags, fromSequence: 12 });
    await until('another hello', () => server.told.bytes > 0);
    const query = { name: NAME, worker: 'w-2', epoch: 3, fromSequence: undefined };
    expect(asked).toEqual([
      { ...query, isFromIngest: false, isServer: false, isSentOn: false },
      { ...query, worker: 'w-3', ...flags, fromSequence: 12 },
    ]);
    expect(guests.count(NAME.key)).toBe(2);
  });

  it('leave their seats when they go', async () => {
    live.publish();
    const { told, link } = dial();
    await until('hello', () => told.bytes > 0);
    link.close();
    await until('gone', () => guests.count(NAME.key) === 0);
  });

  it('end where the same worker asks again', async () => {
    live.publish();
    const first = dial();
    await until('hello', () => first.told.bytes > 0);
    const second = dial();
    await until('closed', () => first.told.closed !== '');
    await until('another hello', () => second.told.bytes > 0);
    expect(guests.count(NAME.key)).toBe(1);
  });

  it.each([
    ['w-9', 'w-9'],
    [undefined, undefined],
  ])('are told who may have room: %s', async (named, tryWorker) => {
    refusal = new RelayFullError(NAME.key, named);
    const { told } = dial();
    await until('closed', () => told.closed !== '');
    expect(told.refusals).toEqual([{ status: 503, isFull: true, tryWorker }]);
    expect(served.refused).toEqual(['RELAY_FULL']);
  });

  it.each(['', 'worker=', 'worker=W_2', 'worker=a%0d%0ab'])(
    'are refused with ?%s',
    async (query) => {
      const answer = await fetch(`${served.url}/relay/live/news?${query}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'HTTP_REQUEST_INVALID' });
    },
  );
});
