import type { Visit, VisitAction } from '../../access/visit.ts';
import type { CloseReason, Connection, ConnectionHandler } from '../../engine/engine.ts';
import { WorkerError, type WorkerErrorCode } from '../../errors.ts';
import { splitAggregate } from '../../formats/rtmp/aggregate.ts';
import { RtmpMessageType, UserControlEvent } from '../../formats/rtmp/message-type.ts';
import { splitParameters, streamName } from '../../media/stream-name.ts';
import { parseCommand, runCommand, type CommandTarget, type RtmpClientFacts } from './commands.ts';
import type { RtmpContext } from './context.ts';
import { DEFAULT_WINDOW_BYTES, runControl, type ControlTarget } from './controls.ts';
import { RtmpInput, type RtmpInputOwner } from './input.ts';
import { acknowledgement, onStatus, userControl } from './messages.ts';
import { Player } from './play.ts';
import { Publisher } from './publish.ts';
import type { RtmpPeer, RtmpRole } from './role.ts';

type Faces = ConnectionHandler & RtmpInputOwner & CommandTarget & ControlTarget & RtmpPeer;

/**
 * One RTMP connection, from handshake to end. It has no say in media: it takes
 * the role of a publisher or a player as the client asks, and passes on.
 */
export class RtmpSession implements Faces {
  private client: RtmpClientFacts | undefined = undefined;
  windowBytes = DEFAULT_WINDOW_BYTES;
  readonly connection: Connection;
  readonly context: RtmpContext;
  private readonly onEnd: (session: RtmpSession) => void;
  private readonly input: RtmpInput;
  private role: RtmpRole | undefined = undefined;
  private deadlineMs: number;
  private nextPingMs: number;
  private commandCount = 0;
  private complaintCount = 0;
  private acknowledgedBytes = 0;
  private isClosing = false;

  constructor(connection: Connection, context: RtmpContext, onEnd: (session: RtmpSession) => void) {
    this.connection = connection;
    this.context = context;
    this.onEnd = onEnd;
    this.input = new RtmpInput(this, context.random, context.limits.maxHeldBytes);
    const nowMs = context.clock.nowMs();
    this.deadlineMs = nowMs + context.limits.setUpMs;
    this.nextPingMs = nowMs + context.limits.pingIntervalMs;
  }

  get app(): string | undefined {
    return this.client?.app;
  }

  get kind(): string {
    return this.role instanceof Publisher ? 'rtmp publisher' : 'rtmp';
  }

  onData(slab: Buffer, start: number, end: number): void {
    this.input.take(slab, start, end);
    const { receivedBytes } = this.input;
    if (receivedBytes - this.acknowledgedBytes < this.windowBytes) return;
    this.acknowledgedBytes = receivedBytes;
    if (this.input.isShaken && !this.isClosing) this.send(acknowledgement(receivedBytes));
  }

  onClose(reason: CloseReason): void {
    this.isClosing = true;
    this.input.stop();
    this.context.log.debug({ connection: this.connection.id, reason }, 'rtmp connection closed');
    this.role?.lost();
    this.role = undefined;
    this.onEnd(this);
  }

  /** Hot path: one call for every audio and video message of a publisher. */
  // eslint-disable-next-line max-params -- No object is made per message.
  onMessage(
    typeId: number,
    streamId: number,
    timestampMs: number,
    buf: Buffer,
    start: number,
    end: number,
  ): void {
    switch (typeId) {
      case RtmpMessageType.audio:
      case RtmpMessageType.video:
        this.role?.onMedia(typeId, timestampMs, buf, start, end);
        break;
      case RtmpMessageType.dataAmf0:
        this.role?.onDataMessage(timestampMs, buf, start, end);
        break;
      case RtmpMessageType.dataAmf3:
        // AMF0 behind a zero byte, as all clients write it.
        this.role?.onDataMessage(timestampMs, buf, Math.min(start + 1, end), end);
        break;
      case RtmpMessageType.aggregate:
        splitAggregate(this, streamId, timestampMs, buf, start, end);
        break;
      default:
        this.onRareMessage(typeId, buf.subarray(start, end));
    }
  }

  /** Called about every second. */
  sweep(nowMs: number): void {
    if (this.isClosing) return;
    if (this.role === undefined && nowMs > this.deadlineMs) {
      this.fail(new WorkerError('RTMP_TIMEOUT'));
    } else if (this.role?.isIdle(nowMs) === true) {
      this.refuse(new WorkerError('PUBLISHER_IDLE'), 'NetStream.Publish.Failed');
    } else if (nowMs >= this.nextPingMs) {
      this.nextPingMs = nowMs + this.context.limits.pingIntervalMs;
      if (this.app !== undefined) this.send(userControl(UserControlEvent.pingRequest, nowMs));
    }
  }

  connect(client: RtmpClientFacts): void {
    this.client = client;
  }

  publish(text: string): void {
    const visit = this.visit('publish', text, 'NetStream.Publish.BadName');
    if (visit === undefined) return;
    const publisher = new Publisher(this, visit);
    this.role = publisher;
    void publisher.start();
  }

  play(text: string): void {
    const visit = this.visit('play', text, 'NetStream.Play.StreamNotFound');
    if (visit === undefined) return;
    const player = new Player(this, visit);
    this.role = player;
    void player.start();
  }

  release(): void {
    if (this.role === undefined) return;
    this.role.release();
    this.role = undefined;
    this.deadlineMs = this.context.clock.nowMs() + this.context.limits.setUpMs;
  }

  send(message: Buffer): void {
    this.connection.write(message);
  }

  hold(on: boolean): void {
    this.connection.pauseReads(on);
    if (on) this.input.hold();
    else this.input.letGo();
  }

  refuse(error: WorkerError, netCode: string): void {
    if (this.isClosing) return;
    this.send(onStatus('error', netCode, `${error.code}: ${error.message}`));
    this.fail(error);
  }

  complain(code: WorkerErrorCode, detail?: string): void {
    this.context.counters.count(code);
    this.complaintCount++;
    if (this.complaintCount === 1) this.logRefusal('rtmp message left out', code, detail);
  }

  /** Counts, logs, and closes once what was sent is out. */
  fail(error: WorkerError): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.input.stop();
    this.context.counters.count(error.code);
    this.logRefusal('rtmp connection refused', error.code, error.message, error.cause);
    this.role?.lost();
    this.role = undefined;
    this.connection.end();
  }

  private onRareMessage(typeId: number, body: Buffer): void {
    const isCommand =
      typeId === RtmpMessageType.commandAmf0 || typeId === RtmpMessageType.commandAmf3;
    if (isCommand) this.onCommand(typeId, body);
    else runControl(this, typeId, body);
  }

  private onCommand(typeId: number, body: Buffer): void {
    const { maxCommands, maxCommandBytes } = this.context.limits;
    this.commandCount++;
    const isBounded = this.commandCount <= maxCommands && body.length <= maxCommandBytes;
    const command = isBounded ? parseCommand(typeId, body) : undefined;
    if (command !== undefined && runCommand(this, command)) return;
    this.fail(new WorkerError('RTMP_COMMAND_INVALID', command?.name.slice(0, 64)));
  }

  /** When the stream's name is one and the connection has no role yet. */
  private visit(action: VisitAction, text: string, badNameCode: string): Visit | undefined {
    if (this.role !== undefined) {
      const detail = 'the connection already publishes or plays';
      this.refuse(new WorkerError('RTMP_COMMAND_INVALID', detail), 'NetStream.Failed');
      return undefined;
    }
    const { app = '', query = '', userAgent = '' } = this.client ?? {};
    const own = splitParameters(text);
    const name = streamName(app, own.name);
    if (name === undefined) {
      this.refuse(new WorkerError('STREAM_NAME_INVALID'), badNameCode);
      return undefined;
    }
    const { remoteAddress: address, isEncrypted } = this.connection;
    return {
      ...{ action, protocol: 'rtmp', name, address, isEncrypted, userAgent },
      query: [own.query, query].filter((part) => part !== '').join('&'),
      ...{ authorization: '', cookie: '', traceParent: '' },
    };
  }

  private logRefusal(message: string, code: WorkerErrorCode, reason?: string, err?: unknown): void {
    const { id, remoteAddress } = this.connection;
    this.context.log.warn({ connection: id, remoteAddress, code, reason, err }, message);
  }
}
