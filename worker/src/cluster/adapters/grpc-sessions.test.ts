import { credentials } from '@grpc/grpc-js';
import {
  BanRequest,
  ConfigureRequest,
  KickRequest,
  ListSessionsRequest,
  WorkerServiceClient,
  type BanResponse,
  type ConfigureResponse,
  type KickResponse,
  type ListSessionsResponse,
} from '@streamcluster/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BannedVisitor as Banned } from '../../sessions/bans.ts';
import type { SessionCalls, SessionView } from '../../sessions/session-desk.ts';
import { Sim } from '../testing/sim.ts';
import { GrpcControlServer } from './grpc-control.ts';

const SESSION: SessionView = {
  ...{ id: 'AAAABBBBCCCCDDDD', stream: 'live/news', action: 'play', protocol: 'hls' },
  ...{ address: '192.0.2.1', userAgent: 'player/1', subject: 'anna', isEncrypted: true },
  ...{ startedUnixMs: 1_700_000_000_000.4, bytes: 5e9, areBytesEstimated: true, skips: 2 },
  traceId: 'abc',
};
const BANNED: Banned = {
  ...{ address: '192.0.2.1', userAgent: 'player/1', subject: '', untilUnixMs: 1_700_000_060_000 },
};

type Call<Response> = (done: (error: Error | null, response: Response) => void) => unknown;

function answerOf<Response>(call: Call<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

describe('calls about sessions', () => {
  let server: GrpcControlServer;
  let client: WorkerServiceClient;
  const asked: object[] = [];
  const sessions: SessionCalls = {
    list: (query) => {
      asked.push(query);
      return { sessions: [SESSION], total: 7 };
    },
    kick: (call) => ({
      isFound: call.id === SESSION.id,
      banned: call.banSeconds > 0 ? BANNED : undefined,
    }),
    ban: (visitor) => asked.push(visitor),
    learn: (told) => void asked.push(told),
  };

  beforeAll(async () => {
    const [worker] = await new Sim().add('w-a');
    server = new GrpcControlServer({
      ...{ worker: 'w-a', host: '127.0.0.1', port: 0, sessions, log: pino({ level: 'silent' }) },
      control: () => worker!.cluster.control,
      counters: { count: () => undefined },
    });
    client = new WorkerServiceClient(
      `127.0.0.1:${await server.start()}`,
      credentials.createInsecure(),
    );
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it('list them', async () => {
    const query = { stream: 'live/news', limit: 10, after: 'A' };
    const request = ListSessionsRequest.fromPartial(query);
    const answer = await answerOf<ListSessionsResponse>((done) =>
      client.listSessions(request, done),
    );
    expect(asked.at(-1)).toMatchObject(query);
    expect(answer).toMatchObject({
      total: 7,
      sessions: [
        {
          ...{ id: SESSION.id, stream: 'live/news', encrypted: true, bytesEstimated: true },
          ...{ bytes: 5_000_000_000n, startedUnixMs: 1_700_000_000_000n, subject: 'anna' },
        },
      ],
    });
  });

  it('end them, with a ban or without', async () => {
    const kick = (id: string, banSeconds: number): Promise<KickResponse> => {
      const request = KickRequest.fromPartial({ stream: 'live/news', id, banSeconds });
      return answerOf((done) => client.kick(request, done));
    };
    expect(await kick('nobody', 0)).toEqual({ found: false, banned: undefined });
    expect(await kick(SESSION.id, 0)).toEqual({ found: true, banned: undefined });
    const { banned } = await kick(SESSION.id, 60);
    expect(banned).toEqual({ ...BANNED, untilUnixMs: 1_700_000_060_000n });
    const request = BanRequest.fromPartial({ visitor: banned! });
    const ended = await answerOf<BanResponse>((done) => client.ban(request, done));
    expect([ended.ended, asked.at(-1)]).toEqual([asked.length, BANNED]);
  });

  it('are told what comes with the newest Configure', async () => {
    const configure = (version: bigint): Promise<ConfigureResponse> => {
      const bans = [{ ...BANNED, untilUnixMs: 1_700_000_060_000n }];
      const request = ConfigureRequest.fromPartial({ version, hlsKey: Buffer.from('key'), bans });
      return answerOf((done) => client.configure(request, done));
    };
    await configure(5n);
    expect(asked.at(-1)).toEqual({ hlsKey: Buffer.from('key'), bans: [BANNED] });
    const before = asked.length;
    await configure(4n);
    expect(asked).toHaveLength(before);
  });
});
