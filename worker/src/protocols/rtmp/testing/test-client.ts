import { readAmf0 } from '../../../formats/amf0/reader.ts';
import { asAmf0Object, type Amf0Value } from '../../../formats/amf0/value.ts';
import { writeAmf0 } from '../../../formats/amf0/writer.ts';
import { RtmpChunkReader } from '../../../formats/rtmp/chunk-reader.ts';
import { rtmpMessageSize, writeRtmpMessage } from '../../../formats/rtmp/chunk-writer.ts';
import { ClientHandshake } from '../../../formats/rtmp/handshake.ts';
import { RTMP_CONTROL_CSID, RtmpMessageType } from '../../../formats/rtmp/message-type.ts';

const CHUNK_BYTES = 128;

/** Encodes a message as a client that never changed its chunk size. */
export function clientMessage(typeId: number, timestampMs: number, body: Buffer): Buffer {
  const out = Buffer.alloc(rtmpMessageSize(body.length, timestampMs, CHUNK_BYTES));
  const isControl = typeId <= RtmpMessageType.setPeerBandwidth;
  const csid = isControl ? RTMP_CONTROL_CSID : typeId;
  const header = { typeId, streamId: 1, csid, timestampMs };
  writeRtmpMessage(out, 0, header, body, 0, body.length, CHUNK_BYTES);
  return out;
}

export function clientCommand(...values: Amf0Value[]): Buffer {
  return clientMessage(RtmpMessageType.commandAmf0, 0, writeAmf0(...values));
}

/** Speaks RTMP over any pair of byte pipes; lists what the server said. */
export class TestClient {
  /** As `_result 4 = 1`, `onStatus NetStream.Play.Start`, `control 4`, `media 9 1000`. */
  readonly heard: string[] = [];
  readonly bodies: Buffer[] = [];
  isShaken = false;
  private readonly handshake = new ClientHandshake((count) => Buffer.alloc(count, 7));
  private readonly sendBytes: (bytes: Buffer) => void;
  private readonly reader = new RtmpChunkReader({
    // eslint-disable-next-line max-params -- The sink's shape.
    onMessage: (typeId, _streamId, timestampMs, buf, start, end) => {
      const body = Buffer.from(buf.subarray(start, end));
      this.bodies.push(body);
      this.heard.push(describeMessage(typeId, timestampMs, body));
    },
  });

  constructor(sendBytes: (bytes: Buffer) => void) {
    this.sendBytes = sendBytes;
  }

  start(): void {
    this.sendBytes(this.handshake.reply);
  }

  receive(bytes: Buffer): void {
    let at = 0;
    if (!this.isShaken) {
      this.isShaken = this.handshake.push(bytes, 0, bytes.length) === 'done';
      at = this.handshake.position;
      if (this.isShaken) this.sendBytes(this.handshake.reply);
    }
    const error = this.reader.push(bytes, at, bytes.length);
    if (error !== undefined) throw new Error(`the server's chunks: ${error}`);
  }

  command(...values: Amf0Value[]): void {
    this.sendBytes(clientCommand(...values));
  }

  message(typeId: number, timestampMs: number, body: Buffer): void {
    this.sendBytes(clientMessage(typeId, timestampMs, body));
  }

  connect(app: string): void {
    this.command('connect', 1, { app, tcUrl: `rtmp://127.0.0.1/${app}`, flashVer: 'test' });
  }

  publish(app: string, name: string): void {
    this.connect(app);
    this.command('releaseStream', 2, null, name);
    this.command('FCPublish', 3, null, name);
    this.command('createStream', 4, null);
    this.command('publish', 5, null, name, 'live');
  }

  play(app: string, name: string): void {
    this.connect(app);
    this.command('createStream', 2, null);
    this.command('getStreamLength', 3, null, name);
    this.command('play', 4, null, name, -2000);
  }

  statuses(): string[] {
    return this.heard.filter((line) => line.startsWith('onStatus')).map((line) => line.slice(9));
  }
}

function describeMessage(typeId: number, timestampMs: number, body: Buffer): string {
  if (typeId === RtmpMessageType.audio || typeId === RtmpMessageType.video) {
    return `media ${typeId} ${timestampMs}`;
  }
  if (typeId !== RtmpMessageType.commandAmf0 && typeId !== RtmpMessageType.dataAmf0) {
    return `control ${typeId} ${body.toString('hex')}`;
  }
  const values = readAmf0(body, 0, body.length);
  if (values === undefined) throw new Error('the server sent bad AMF0');
  const [name, transactionId] = values as [string, number];
  const last = values.at(-1);
  const code = asAmf0Object(last)?.['code'];
  if (typeof code === 'string') return `${name} ${code}`;
  return typeof last === 'number'
    ? `${name} ${transactionId} = ${last}`
    : `${name} ${transactionId}`;
}
