import { describe, expect, it } from 'vitest';
import { writeAmf0 } from '../../formats/amf0/writer.ts';
import { RtmpMessageType, UserControlEvent } from '../../formats/rtmp/message-type.ts';
import { Harness, settled } from './testing/harness.ts';
import { clientCommand, clientMessage } from './testing/test-client.ts';

const KEY_FRAME = Buffer.from('170100000000000001650102', 'hex');
const AUDIO = Buffer.from('af01215555', 'hex');
const AVC_CONFIG = Buffer.from('170000000001640028ffe1', 'hex');
const METADATA = writeAmf0('@setDataFrame', 'onMetaData', { width: 640 });

async function publishing(): Promise<Harness> {
  const harness = new Harness();
  harness.client.start();
  harness.client.publish('live', 'news');
  await settled();
  return harness;
}

function controlMessage(typeId: number, ...words: number[]): Buffer {
  const body = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => body.writeUInt32BE(word, i * 4));
  return clientMessage(typeId, 0, body);
}

describe('a publisher', () => {
  it('is answered as ffmpeg and librtmp expect', async () => {
    const { client, connection } = await publishing();
    expect(client.heard).toEqual([
      'control 5 002625a0',
      'control 6 002625a002',
      '_result NetConnection.Connect.Success',
      '_result 2',
      'onFCPublish NetStream.Publish.Start',
      '_result 3',
      '_result 4 = 1',
      'onStatus NetStream.Publish.Start',
    ]);
    expect(connection.isCoalescing).toBe(true);
    expect(connection.isPaused).toBe(false);
  });

  it('has its media appended with their times, and its metadata bare', async () => {
    const { client, streams } = await publishing();
    client.message(RtmpMessageType.dataAmf0, 0, METADATA);
    client.message(RtmpMessageType.video, 0, AVC_CONFIG);
    client.message(RtmpMessageType.video, 40, KEY_FRAME);
    client.message(RtmpMessageType.audio, 0xfffffffe, AUDIO);
    client.message(RtmpMessageType.audio, 50, Buffer.alloc(0));
    expect(streams.frames.map(({ summary, dtsMs }) => `${summary} ${dtsMs}`)).toEqual([
      '18 unknown 0',
      '9 h264 config 0',
      '9 h264 key 40',
      '8 aac 4294967294',
    ]);
    expect(streams.frames[0]?.body).toEqual(METADATA.subarray(16));
    expect(streams.frames[2]?.body).toEqual(KEY_FRAME);
  });

  it('loses nothing that it sends before it is answered', async () => {
    const harness = new Harness();
    const { client, streams, connection } = harness;
    let open = () => {};
    streams.gate = new Promise((resolve) => (open = resolve));
    client.start();
    client.publish('live', 'news');
    expect(connection.isPaused).toBe(true);
    const bytes = Buffer.concat([
      clientMessage(RtmpMessageType.video, 0, AVC_CONFIG),
      clientMessage(RtmpMessageType.video, 40, KEY_FRAME),
    ]);
    for (const byte of bytes) harness.deliver(Buffer.of(byte));
    await settled();
    expect(streams.frames).toEqual([]);
    open();
    await settled();
    expect(streams.frames.map((frame) => frame.summary)).toEqual(['9 h264 config', '9 h264 key']);
    client.message(RtmpMessageType.audio, 60, AUDIO);
    expect(streams.frames).toHaveLength(3);
  });

  it('may send everything at once, C2 and media behind publish included', async () => {
    const harness = new Harness();
    harness.client.start();
    harness.deliver(
      Buffer.concat([
        clientCommand('connect', 1, { app: 'live' }),
        clientCommand('publish', 2, null, 'news'),
        clientMessage(RtmpMessageType.video, 40, KEY_FRAME),
      ]),
    );
    await settled();
    expect(harness.streams.frames.map((frame) => frame.dtsMs)).toEqual([40]);
  });

  it.each([
    ['live/', '/news?token=a/b'],
    ['live?x=1', 'news'],
    ['/live/?x=1', 'news/?x'],
  ])('of app %j and key %j publishes live/news', async (app, name) => {
    const harness = new Harness();
    harness.client.start();
    harness.client.publish(app, name);
    await settled();
    expect(harness.streams.events).toEqual(['publish live/news']);
  });

  it.each([
    ['live', '../etc', 'STREAM_NAME_INVALID'],
    ['live', 'a/b', 'STREAM_NAME_INVALID'],
    ['live', '', 'STREAM_NAME_INVALID'],
    ['', 'news', 'STREAM_NAME_INVALID'],
    ['live', 'x'.repeat(129), 'STREAM_NAME_INVALID'],
  ])('of app %j and key %j is refused', async (app, name, code) => {
    const harness = new Harness();
    harness.client.start();
    harness.client.publish(app, name);
    await settled();
    expect(harness.client.statuses()).toEqual(['NetStream.Publish.BadName']);
    expect(harness.refusals).toEqual([code]);
    expect(harness.connection.isEnding).toBe(true);
    expect(harness.streams.events).toEqual([]);
  });

  it.each([
    ['STREAM_BUSY', 'NetStream.Publish.BadName'],
    ['WORKER_DRAINING', 'NetStream.Publish.Failed'],
    ['WORKER_OVERLOADED', 'NetStream.Publish.Failed'],
  ] as const)('refused with %s hears %s', async (code, status) => {
    const harness = new Harness();
    harness.streams.refusal = code;
    harness.client.start();
    harness.client.publish('live', 'news');
    await settled();
    expect(harness.client.statuses()).toEqual([status]);
    expect(harness.client.bodies.at(-1)?.toString('latin1')).toContain(`${code}: `);
    expect(harness.refusals).toEqual([code]);
    expect(harness.connection.isEnding).toBe(true);
  });

  it('that went away while it waited leaves nothing behind', async () => {
    const harness = new Harness();
    harness.client.start();
    harness.client.publish('live', 'news');
    harness.reset();
    await settled();
    expect(harness.streams.events).toEqual(['publish live/news', 'closed lost']);
    expect(harness.hasEnded).toBe(true);
  });

  it('ends in good order, once, and may publish again', async () => {
    const { client, streams, connection } = await publishing();
    client.command('FCUnpublish', 6, null, 'news');
    client.command('deleteStream', 7, null, 1);
    client.command('publish', 8, null, 'other', 'live');
    await settled();
    expect(streams.events).toEqual([
      'publish live/news',
      'closed unpublished',
      'publish live/other',
    ]);
    expect(client.statuses().at(-2)).toBe('NetStream.Unpublish.Success');
    expect(connection.isEnding).toBe(false);
  });

  it('that is cut off is lost', async () => {
    const harness = await publishing();
    harness.reset();
    expect(harness.streams.events).toEqual(['publish live/news', 'closed lost']);
  });

  it('that is revoked is told and closed', async () => {
    const harness = await publishing();
    harness.streams.publisher?.onRevoked('replaced');
    expect(harness.client.statuses().at(-1)).toBe('NetStream.Publish.Failed');
    expect(harness.connection.isEnding).toBe(true);
    harness.reset();
    expect(harness.streams.events).toEqual(['publish live/news']);
  });

  it.each([
    ['claim-lost', 'CLAIM_LOST'],
    ['draining', 'WORKER_DRAINING'],
  ] as const)('that is revoked (%s) is told the code', async (reason, code) => {
    const { streams, client, connection, refusals } = await publishing();
    streams.publisher?.onRevoked(reason);
    expect(client.bodies.at(-1)?.toString('latin1')).toContain(`${code}: `);
    expect(refusals).toEqual([code]);
    expect(connection.isEnding).toBe(true);
  });

  it('has bad media left out, counted each time and logged once', async () => {
    const { client, streams, refusals, logged } = await publishing();
    const before = logged.length;
    client.message(RtmpMessageType.video, 0, Buffer.from('120000', 'hex'));
    client.message(RtmpMessageType.dataAmf0, 0, Buffer.from('0200ff', 'hex'));
    client.message(RtmpMessageType.dataAmf0, 0, writeAmf0('onMetaData', 'x'.repeat(70_000)));
    client.message(RtmpMessageType.video, 40, KEY_FRAME);
    expect(refusals).toEqual(['MEDIA_UNSUPPORTED', 'RTMP_COMMAND_INVALID', 'RTMP_COMMAND_INVALID']);
    expect(logged.length - before).toBe(1);
    expect(streams.frames).toHaveLength(1);
  });

  it('may send aggregates and AMF3 wrappers', async () => {
    const { client, streams } = await publishing();
    const head = Buffer.alloc(11);
    head[0] = RtmpMessageType.video;
    head[3] = KEY_FRAME.length;
    const aggregate = Buffer.concat([head, KEY_FRAME, Buffer.alloc(4)]);
    client.message(RtmpMessageType.aggregate, 777, aggregate);
    client.message(RtmpMessageType.dataAmf3, 0, Buffer.concat([Buffer.of(0), METADATA]));
    expect(streams.frames.map(({ summary, dtsMs }) => `${summary} ${dtsMs}`)).toEqual([
      '9 h264 key 777',
      '18 unknown 0',
    ]);
  });
});

describe('a viewer', () => {
  it('is answered and attached at once when the stream is here', () => {
    const harness = new Harness();
    harness.streams.here.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news?x=1');
    expect(harness.streams.events).toEqual(['attach live/news']);
    expect(harness.client.heard.slice(3)).toEqual([
      '_result 2 = 1',
      '_result 3 = 0',
      'control 4 000000000001',
      'onStatus NetStream.Play.Reset',
      'onStatus NetStream.Play.Start',
      '|RtmpSampleAccess true',
    ]);
  });

  it('waits for a stream that is elsewhere', async () => {
    const harness = new Harness();
    harness.streams.elsewhere.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news');
    await settled();
    expect(harness.streams.events).toEqual(['view live/news', 'attach live/news']);
  });

  it('of an unknown stream is told so', async () => {
    const harness = new Harness();
    harness.client.start();
    harness.client.play('live', 'nothing');
    await settled();
    expect(harness.client.statuses()).toEqual(['NetStream.Play.StreamNotFound']);
    expect(harness.refusals).toEqual(['STREAM_NOT_FOUND']);
    expect(harness.connection.isEnding).toBe(true);
  });

  it('of a stream that is over is told that there is none', async () => {
    const harness = new Harness();
    harness.streams.here.add('live/news');
    harness.streams.over.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news');
    await settled();
    expect(harness.client.statuses()).toEqual(['NetStream.Play.StreamNotFound']);
    expect(harness.connection.isEnding).toBe(true);
  });

  it('is told the end', () => {
    const harness = new Harness();
    harness.streams.here.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news');
    harness.streams.closeViewer('ended');
    expect(harness.client.heard.slice(-4)).toEqual([
      'control 4 000100000001',
      'onStatus NetStream.Play.UnpublishNotify',
      'onPlayStatus NetStream.Play.Complete',
      'onStatus NetStream.Play.Stop',
    ]);
    expect(harness.connection.isEnding).toBe(true);
  });

  it.each(['too-slow', 'kicked', 'draining', 'released'] as const)(
    'closed as %s hears it',
    (reason) => {
      const harness = new Harness();
      harness.streams.here.add('live/news');
      harness.client.start();
      harness.client.play('live', 'news');
      harness.streams.closeViewer(reason);
      expect(harness.client.statuses().at(-1)).toBe('NetStream.Play.Failed');
      expect(harness.client.bodies.at(-1)?.toString('latin1')).toContain(reason);
      expect(harness.connection.isEnding).toBe(true);
    },
  );

  it('that leaves is detached', () => {
    const harness = new Harness();
    harness.streams.here.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news');
    harness.reset();
    expect(harness.streams.events).toEqual(['attach live/news', 'viewer connection']);
  });

  it('that left while it waited is never attached', async () => {
    const harness = new Harness();
    harness.streams.elsewhere.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news');
    harness.reset();
    await settled();
    expect(harness.streams.events).toEqual(['view live/news']);
  });

  it('may go on sending acknowledgements, pauses and pings', async () => {
    const harness = new Harness();
    harness.streams.here.add('live/news');
    harness.client.start();
    harness.client.play('live', 'news');
    harness.deliver(controlMessage(RtmpMessageType.acknowledgement, 1));
    harness.deliver(clientCommand('pause', 5, null, true, 0));
    harness.deliver(
      clientMessage(RtmpMessageType.userControl, 0, Buffer.from('00060000002a', 'hex')),
    );
    expect(harness.client.heard.slice(-2)).toEqual([
      'onStatus NetStream.Pause.Notify',
      'control 4 00070000002a',
    ]);
    await harness.pass(120);
    expect(harness.connection.isEnding).toBe(false);
  });
});

describe('limits of a session', () => {
  it('closes who does not come to the point within 10 s', async () => {
    const silent = new Harness();
    const halfShaken = new Harness();
    halfShaken.deliver(Buffer.alloc(700, 3));
    const connected = new Harness();
    connected.client.start();
    connected.client.connect('live');
    for (const harness of [silent, halfShaken, connected]) {
      await harness.pass(10);
      expect(harness.connection.isEnding).toBe(false);
      await harness.pass(1);
      expect(harness.connection.isEnding).toBe(true);
      expect(harness.refusals).toEqual(['RTMP_TIMEOUT']);
    }
  });

  it('does not mistake a slow trickle for progress', async () => {
    const harness = new Harness();
    for (let i = 0; i < 11; i++) {
      harness.deliver(Buffer.of(3));
      await harness.pass(1);
    }
    expect(harness.refusals).toEqual(['RTMP_TIMEOUT']);
  });

  it('closes a publisher that sends no media for 30 s, and pings it before', async () => {
    const harness = await publishing();
    await harness.pass(20);
    harness.client.message(RtmpMessageType.audio, 0, AUDIO);
    await harness.pass(29);
    expect(harness.connection.isEnding).toBe(false);
    const ping = `control 4 ${UserControlEvent.pingRequest.toString(16).padStart(4, '0')}`;
    expect(harness.client.heard.filter((line) => line.startsWith(ping))).toHaveLength(1);
    await harness.pass(5);
    expect(harness.connection.isEnding).toBe(true);
    expect(harness.refusals).toEqual(['PUBLISHER_IDLE']);
    expect(harness.streams.events.at(-1)).toBe('closed lost');
  });

  it('acknowledges what was received by the window the publisher named', async () => {
    const harness = await publishing();
    harness.deliver(controlMessage(RtmpMessageType.windowAcknowledgementSize, 5000));
    const before = harness.client.heard.length;
    for (let i = 0; i < 100; i++)
      harness.client.message(RtmpMessageType.audio, i, Buffer.concat([AUDIO, Buffer.alloc(95)]));
    const acknowledged = harness.client.heard.slice(before);
    expect(acknowledged.length).toBeGreaterThanOrEqual(2);
    expect(acknowledged.every((line) => line.startsWith('control 3 '))).toBe(true);
  });

  it.each([
    ['RTMP_HANDSHAKE_INVALID', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['RTMP_HANDSHAKE_INVALID', Buffer.from('160301020001', 'hex')],
  ])('answers nothing to %s', (code, bytes) => {
    const harness = new Harness();
    let written = 0;
    harness.connection.onWrite = (out) => (written += out.length);
    harness.deliver(bytes);
    expect(harness.refusals).toEqual([code]);
    expect(harness.connection.isEnding).toBe(true);
    expect(written).toBe(0);
    expect(harness.logged.join('')).toContain(code);
  });

  it.each([
    ['RTMP_CHUNKS_INVALID', 'message-too-long', Buffer.from('04000000ffffff0901000000', 'hex')],
    ['RTMP_CHUNKS_INVALID', 'chunk-size', controlMessage(RtmpMessageType.setChunkSize, 0x7fffffff)],
    ['RTMP_COMMAND_INVALID', 'before connect', clientCommand('publish', 1, null, 'news')],
    ['RTMP_COMMAND_INVALID', 'connect without app', clientCommand('connect', 1, {})],
    [
      'RTMP_COMMAND_INVALID',
      'no command',
      clientMessage(RtmpMessageType.commandAmf0, 0, Buffer.from('00ff', 'hex')),
    ],
    [
      'RTMP_COMMAND_INVALID',
      'nesting bomb',
      clientMessage(
        RtmpMessageType.commandAmf0,
        0,
        Buffer.concat(Array<Buffer>(5000).fill(Buffer.from('0a00000001', 'hex'))),
      ),
    ],
    [
      'RTMP_COMMAND_INVALID',
      'too long',
      clientMessage(RtmpMessageType.commandAmf0, 0, writeAmf0('connect', 1, 'x'.repeat(70_000))),
    ],
  ])('refuses with %s: %s', (code, _case, bytes) => {
    const harness = new Harness();
    harness.client.start();
    harness.deliver(bytes);
    expect(harness.refusals).toEqual([code]);
    expect(harness.connection.isEnding).toBe(true);
    // What comes while it closes is dropped without further words.
    harness.deliver(bytes);
    expect(harness.refusals).toEqual([code]);
  });

  it('refuses a flood of commands', () => {
    const harness = new Harness();
    harness.client.start();
    harness.client.connect('live');
    for (let i = 0; i < 1100; i++) harness.client.command('createStream', i, null);
    expect(harness.refusals).toEqual(['RTMP_COMMAND_INVALID']);
  });

  it('keeps what is sent before an answer within bounds', () => {
    const harness = new Harness();
    harness.client.start();
    harness.client.publish('live', 'news');
    for (let i = 0; i < 70; i++) harness.deliver(Buffer.alloc(64 * 1024));
    expect(harness.refusals).toEqual(['RTMP_CHUNKS_INVALID']);
  });

  it('refuses a second role', async () => {
    const harness = await publishing();
    harness.client.command('play', 9, null, 'news');
    expect(harness.client.statuses().at(-1)).toBe('NetStream.Failed');
    expect(harness.streams.events.at(-1)).toBe('closed lost');
  });
});
