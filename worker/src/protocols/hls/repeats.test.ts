import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../engine/testing/fixture.ts';
import { rawClient, serveHttp, type RawClient, type Served } from '../http/testing/fixture.ts';
import { Live } from '../http/testing/live.ts';
import { hlsRoute } from './testing/player.ts';

const PLAYLIST = '/live/news.m3u8';

let live: Live;
let served: Served;
let shedShare = 0;

beforeEach(() => {
  shedShare = 0;
  served = serveHttp({
    shedShare: () => shedShare,
    routes: (engine) => {
      live = new Live(engine);
      return [hlsRoute(live)];
    },
  });
  live.publish();
  for (let i = 0; i < 4; i++) live.play();
});

/** 16 characters. */
const idOf = (player: string): string => player.padEnd(16, '-');

function request(player: string, { method = 'GET', path = '', headers = '' } = {}): string {
  const target = path === '' ? `${PLAYLIST}?session=${idOf(player)}` : path;
  return `${method} ${target} HTTP/1.1\r\nHost: h\r\nUser-Agent: one\r\n${headers}\r\n`;
}

const repeats = (): number => served.engine.stats().repeatsTotal;

/** One whole answer to what is sent; of HEAD without a body. */
async function answerTo(raw: RawClient, sent: string, hasBody = true): Promise<Answer> {
  const from = raw.length();
  const rest = (): string => raw.text().slice(from);
  raw.send(sent);
  const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);
  const wantedBytes = (text: string): number =>
    hasBody ? Number(/Content-Length: (\d+)/.exec(text)?.[1] ?? NaN) : 0;
  await until('answered', () => {
    return rest().includes('\r\n\r\n') && bodyOf(rest()).length >= wantedBytes(rest());
  });
  const text = rest();
  return { status: Number(text.slice(9, 12)), text, body: bodyOf(text) };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: string;
}

/** Asks until the engine answers by itself. */
async function becomeRegular(raw: RawClient, agent = 'a'): Promise<Answer> {
  await answerTo(raw, request(agent));
  const before = repeats();
  const answer = await answerTo(raw, request(agent));
  expect(repeats()).toBe(before + 1);
  return answer;
}

describe('a player that asks for the playlist again', () => {
  it('gets the same as at first, and the next playlist when there is one', async () => {
    const raw = rawClient(served.port);
    const first = await answerTo(raw, request('a'));
    for (let i = 0; i < 3; i++) {
      expect((await answerTo(raw, request('a'))).text).toBe(first.text);
    }
    expect(repeats()).toBe(3);
    live.play();
    const next = await answerTo(raw, request('a'));
    expect(next.body).toBe(live.stream.hls.playlist());
    expect(next.body).not.toBe(first.body);
    expect((await answerTo(raw, request('a'))).text).toBe(next.text);
    expect(repeats()).toBe(4);
  });

  it('shares its answer with all others', async () => {
    const players = Array.from({ length: 20 }, () => rawClient(served.port));
    const seen = await Promise.all(players.map((raw, i) => becomeRegularOf(raw, `p${i}`)));
    expect(new Set(seen).size).toBe(1);
    live.play();
    for (const [i, raw] of players.entries()) {
      expect((await answerTo(raw, request(`p${i}`))).body).toBe(live.stream.hls.playlist());
    }
    expect(live.stream.hls.players.size).toBe(20);
  });

  it('sees the end of the stream', async () => {
    const raw = rawClient(served.port);
    const before = await becomeRegular(raw);
    expect(before.body).not.toContain('#EXT-X-ENDLIST');
    live.end();
    expect((await answerTo(raw, request('a'))).body).toContain('#EXT-X-ENDLIST');
  });

  it('sees that a stream of the same name has begun after the end', async () => {
    const raw = rawClient(served.port);
    live.end();
    const ended = await becomeRegular(raw);
    expect(ended.body).toContain('#EXT-X-ENDLIST');
    live.publish();
    for (let i = 0; i < 4; i++) live.play();
    const next = await answerTo(raw, request('a'));
    expect(next.body).toBe(live.stream.hls.playlist());
  });

  it('is told that the stream is gone', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    live.registry.remove(live.stream);
    expect((await answerTo(raw, request('a'))).status).toBe(404);
  });

  it('is asked for anew four times a second, so that whoever decides can decide otherwise', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    live.playOpus();
    live.clock.advance(250);
    const before = repeats();
    expect((await answerTo(raw, request('a'))).status).toBe(415);
    expect(repeats()).toBe(before);
  });

  it('is sent away with its next answer when the worker drains', async () => {
    const raw = rawClient(served.port);
    const { body } = await becomeRegular(raw);
    served.server.stopAccepting();
    const last = await answerTo(raw, request('a'));
    expect(last.text).toContain('\r\nConnection: close\r\n');
    expect(last.body).toBe(body);
    await raw.closed();
  });

  it('comes again on another connection when the worker has more than its share', async () => {
    const raw = rawClient(served.port);
    const { body } = await becomeRegular(raw);
    const newcomer = rawClient(served.port);
    await until('both are here', () => served.server.connections === 2);
    shedShare = 1;
    served.clock.advance(1_001);
    shedShare = 0;
    const last = await answerTo(raw, request('a'));
    expect(last.text).toContain('\r\nConnection: close\r\n');
    expect(last.body).toBe(body);
    expect(live.asked.at(-1)).toMatchObject({ isKnown: true, isShed: true });
    await raw.closed();
    expect(live.stream.hls.players.size).toBe(0);
    const first = await answerTo(newcomer, request('b'));
    expect(first.text).not.toContain('Connection: close');
    expect(served.server.shedTotal).toBe(1);
    await becomeRegular(rawClient(served.port));
  });

  it('leaves with the answer for which it says so', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    const closing = request('a', { headers: 'Connection: close\r\n' });
    expect((await answerTo(raw, closing)).text).toContain('\r\nConnection: close\r\n');
    await raw.closed();
  });

  it('gets no body for HEAD, however often', async () => {
    const raw = rawClient(served.port);
    const { text, body } = await becomeRegular(raw);
    const head = text.slice(0, text.length - body.length);
    for (let i = 0; i < 3; i++) {
      expect((await answerTo(raw, request('a', { method: 'HEAD' }), false)).text).toBe(head);
    }
    expect((await answerTo(raw, request('a'))).text).toBe(text);
    expect((await answerTo(raw, request('a'))).text).toBe(text);
    expect(repeats()).toBe(2);
  });

  it('gets segments and ranges of them in between', async () => {
    const raw = rawClient(served.port);
    const { body } = await becomeRegular(raw);
    const [segment = ''] = /news\/\d+\.ts/.exec(body) ?? [];
    const path = `/live/${segment}`;
    const whole = await answerTo(raw, request('a', { path }));
    expect(whole.body.length % 188).toBe(0);
    for (const [from, to] of [
      [0, 187],
      [188, 375],
    ] as const) {
      const part = await answerTo(
        raw,
        request('a', { path, headers: `Range: bytes=${from}-${to}\r\n` }),
      );
      expect([part.status, part.body]).toEqual([206, whole.body.slice(from, to + 1)]);
      expect((await answerTo(raw, request('a'))).body).toBe(body);
      expect((await answerTo(raw, request('a'))).body).toBe(body);
    }
    expect(repeats()).toBe(3);
  });

  it('is not taken for one when a body of another request looks alike', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    const body = request('a');
    const headers = `Content-Length: ${body.length}\r\n`;
    const head = request('a', { method: 'POST', path: '/api', headers });
    raw.send(head);
    const sentBytes = 2 * body.length + head.length;
    await until('the head is read', () => served.engine.stats().bytesReceivedTotal === sentBytes);
    const before = repeats();
    expect((await answerTo(raw, body, false)).text).toContain(`node POST /api ${body}`);
    expect(repeats()).toBe(before);
  });
});

async function becomeRegularOf(raw: RawClient, agent: string): Promise<string> {
  await answerTo(raw, request(agent));
  return (await answerTo(raw, request(agent))).text;
}

describe('a player whose requests nobody is told of', () => {
  /** Both clocks; the server's sweep sees who asked. */
  function pass(ms: number): void {
    live.clock.advance(ms);
    served.clock.advance(ms);
  }

  it('counts as long as it asks, and is not ended as idle', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    for (let i = 0; i < 30; i++) {
      pass(5_000);
      // Who asks first after a tick sets the answer again for the others.
      await answerTo(rawClient(served.port), request('other'));
      const before = repeats();
      await answerTo(raw, request('a'));
      expect(repeats()).toBe(before + 1);
      pass(1_000);
      expect(live.stream.hls.players.find(idOf('a'))).toBeDefined();
      expect(live.stream.hls.isUsed).toBe(true);
    }
    expect(raw.socket.readableEnded).toBe(false);
  });

  it('is a stranger again after a while, who may be refused', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    pass(16_000);
    expect(live.stream.hls.players.size).toBe(0);
    await answerTo(rawClient(served.port), request('other'));
    live.isFull = true;
    const before = repeats();
    expect((await answerTo(raw, request('a'))).status).toBe(503);
    expect(repeats()).toBe(before);
  });

  it('is ended when it has been silent for long', async () => {
    const raw = rawClient(served.port);
    await becomeRegular(raw);
    pass(1_000);
    pass(61_000);
    await raw.closed();
  });
});
