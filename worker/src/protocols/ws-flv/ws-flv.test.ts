import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../engine/testing/fixture.ts';
import { FlvReader } from '../../formats/flv/reader.ts';
import { WsFrameReader } from '../../formats/websocket/frame-reader.ts';
import { Opcode } from '../../formats/websocket/opcode.ts';
import {
  quietLog,
  rawClient,
  serveHttp,
  type RawClient,
  type Served,
} from '../http/testing/fixture.ts';
import { Live } from '../http/testing/live.ts';
import { WsFlvRoute } from './route.ts';
import { openVisitors } from '../../sessions/testing/open-visitors.ts';

let live: Live;
let served: Served;

beforeEach(() => {
  served = serveHttp({
    routes: (engine, counters) => {
      live = new Live(engine);
      return [new WsFlvRoute({ streams: live, visitors: openVisitors(), log: quietLog, counters })];
    },
  });
  live.publish();
  live.play();
});

const UPGRADE =
  'GET /live/news.flv HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

function viewers(): number {
  return live.stream.viewerCounts()['ws-flv'] ?? 0;
}

async function open(extra: string | Buffer = ''): Promise<RawClient> {
  const raw = rawClient(served.port);
  raw.socket.write(Buffer.concat([Buffer.from(UPGRADE), Buffer.from(extra)]));
  await raw.saw('\r\n\r\n');
  return raw;
}

/** Frames of the answer so far. */
function framesOf(raw: RawClient): { opcode: number; payload: Buffer }[] {
  const text = raw.text();
  const bytes = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
  const frames: { opcode: number; payload: Buffer }[] = [];
  const sink = {
    onFrame: (opcode: number, _isFinal: boolean, payload: Buffer) =>
      void frames.push({ opcode, payload: Buffer.from(payload) }),
  };
  const reader = new WsFrameReader(sink, { masked: false, maxPayloadBytes: 1e7 });
  expect(reader.push(bytes, 0, bytes.length)).toBeUndefined();
  return frames;
}

describe('WsFlvRoute', () => {
  it('plays to a standard client, and says why it ends', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/live/news.flv`);
    socket.binaryType = 'arraybuffer';
    const pictures: Buffer[] = [];
    const reader = new FlvReader({
      onTag: (kind, _timestampMs, ...[buf, start, end]) => {
        if (kind === 9 && buf[start + 1] === 1)
          pictures.push(Buffer.from(buf.subarray(start, end)));
      },
    });
    let close = '';
    socket.onmessage = ({ data }) => {
      const bytes = Buffer.from(data as ArrayBuffer);
      reader.push(bytes, 0, bytes.length);
    };
    socket.onclose = ({ code, reason, wasClean }) =>
      (close = `${code} ${reason} ${String(wasClean)}`);
    await until('attached', () => viewers() === 1);
    const before = live.pictures.length;
    live.play();
    await until('all there', () => pictures.length > live.pictures.length - before);
    live.end();
    await until('closed', () => close !== '');
    expect(close).toBe('1000 ended true');
    expect(pictures).toEqual(live.pictures.slice(-pictures.length));
    expect(pictures[0]?.[0]).toBe(0x17);
  });

  it('answers pings between two messages', async () => {
    const ping = Buffer.from('898511223344797e5f5b7e', 'hex');
    const raw = await open(ping);
    live.play();
    await until('ponged', () => framesOf(raw).some(({ opcode }) => opcode === Opcode.pong));
    const frames = framesOf(raw);
    expect(frames.filter(({ opcode }) => opcode === Opcode.pong)).toHaveLength(1);
    expect(frames.find(({ opcode }) => opcode === Opcode.pong)?.payload).toEqual(
      Buffer.from(ping.subarray(6).map((byte, i) => byte ^ (ping[2 + (i & 3)] ?? 0))),
    );
  });

  it('closes when the client says so', async () => {
    const raw = await open();
    await until('attached', () => viewers() === 1);
    raw.socket.write(Buffer.from('888200000000' + '03e8', 'hex'));
    await raw.closed();
    expect(framesOf(raw).at(-1)).toEqual({ opcode: Opcode.close, payload: Buffer.from([3, 0xe8]) });
    expect(viewers()).toBe(0);
  });

  it('closes with 1002 and a code when a frame is malformed', async () => {
    const raw = await open();
    raw.socket.write(Buffer.from([0x81, 1, 65]));
    await raw.closed();
    const last = framesOf(raw).at(-1);
    expect(last?.payload.readUInt16BE(0)).toBe(1002);
    expect(last?.payload.toString('utf8', 2)).toBe('WEBSOCKET_FRAME_INVALID: masking-wrong');
    expect(served.refused).toEqual(['WEBSOCKET_FRAME_INVALID']);
    expect(viewers()).toBe(0);
  });

  it('notices that a viewer is gone', async () => {
    const raw = await open();
    await until('attached', () => viewers() === 1);
    raw.socket.destroy();
    await until('gone', () => viewers() === 0);
  });

  it.each([
    ['a bad key', UPGRADE.replace('dGhl', 'd'), 400, 'WEBSOCKET_HANDSHAKE_INVALID'],
    [
      'no Connection',
      UPGRADE.replace('Connection: Upgrade', 'Connection: x'),
      400,
      'WEBSOCKET_HANDSHAKE_INVALID',
    ],
    ['an old version', UPGRADE.replace('13', '8'), 426, 'WEBSOCKET_VERSION_UNSUPPORTED'],
    ['an unknown stream', UPGRADE.replace('news', 'nobody'), 404, 'STREAM_NOT_FOUND'],
    ['a bad name', UPGRADE.replace('news', 'a..b'), 400, 'STREAM_NAME_INVALID'],
  ])('refuses %s', async (_name, request, status, code) => {
    const raw = rawClient(served.port);
    raw.send(request);
    await raw.saw(code);
    expect(raw.text()).toContain(`HTTP/1.1 ${status} `);
    if (status === 426) expect(raw.text()).toContain('Sec-WebSocket-Version: 13\r\n');
    expect(served.refused).toEqual([code]);
  });
});
