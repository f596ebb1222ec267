import { cleanUserAgent } from '../../access/user-agent.ts';
import { readAmf0 } from '../../formats/amf0/reader.ts';
import { asAmf0Object, type Amf0Value } from '../../formats/amf0/value.ts';
import { RtmpMessageType } from '../../formats/rtmp/message-type.ts';
import { splitParameters } from '../../media/stream-name.ts';
import { callback, callResult, connectReplies, onStatus } from './messages.ts';

export interface RtmpCommand {
  readonly name: string;
  /** 0: no answer is expected. */
  readonly transactionId: number;
  /** From the command object on, which is null but for `connect`. */
  readonly args: readonly Amf0Value[];
}

/** What a client says of itself when it connects. */
export interface RtmpClientFacts {
  readonly app: string;
  /** Parameters of the app and of its URL, not decoded. */
  readonly query: string;
  /** What it calls itself. */
  readonly userAgent: string;
}

/** What commands do to their session. */
export interface CommandTarget {
  readonly app: string | undefined;
  connect(client: RtmpClientFacts): void;
  publish(streamName: string): void;
  play(streamName: string): void;
  /** Ends publishing or playing; the connection stays. */
  release(): void;
  send(message: Buffer): void;
}

/** All streams of a connection have the id that shared logs are written with. */
const STREAM_ID = 1;

/** Undefined when the body is no command. AMF3 commands are AMF0 behind a zero byte. */
export function parseCommand(typeId: number, body: Buffer): RtmpCommand | undefined {
  const start = typeId === RtmpMessageType.commandAmf3 && body[0] === 0 ? 1 : 0;
  const [name, transactionId, ...args] = readAmf0(body, start, body.length) ?? [];
  if (typeof name !== 'string') return undefined;
  return { name, transactionId: typeof transactionId === 'number' ? transactionId : 0, args };
}

/** False when the command is malformed or comes before `connect`. */
export function runCommand(target: CommandTarget, command: RtmpCommand): boolean {
  if (command.name === 'connect') return runConnect(target, command);
  if (target.app === undefined) return false;
  const handler = HANDLERS.get(command.name) ?? answerNothing;
  return handler(target, command);
}

type Handler = (target: CommandTarget, command: RtmpCommand) => boolean;

const HANDLERS = new Map<string, Handler>([
  ['createStream', (target, command) => answer(target, command, STREAM_ID)],
  ['getStreamLength', (target, command) => answer(target, command, 0)],
  ['FCPublish', (target, command) => answerFc(target, command, 'onFCPublish', 'Publish.Start')],
  ['FCSubscribe', (target, command) => answerFc(target, command, 'onFCSubscribe', 'Play.Start')],
  ['FCUnpublish', runUnpublish],
  ['publish', runPublish],
  ['play', runPlay],
  ['pause', runPause],
  ['seek', runSeek],
  ['closeStream', runRelease],
  ['deleteStream', runRelease],
]);

function runConnect(target: CommandTarget, command: RtmpCommand): boolean {
  const { app, tcUrl, flashVer } = asAmf0Object(command.args[0]) ?? {};
  if (typeof app !== 'string' || target.app !== undefined) return false;
  // OBS and others leave a slash or a query behind the app.
  const { name, query } = splitParameters(app);
  const ofUrl = typeof tcUrl === 'string' ? splitParameters(tcUrl).query : '';
  target.connect({
    app: name,
    // Who writes it behind the app writes it into the URL as well.
    query: query === '' ? ofUrl : query,
    userAgent: cleanUserAgent(typeof flashVer === 'string' ? flashVer : ''),
  });
  target.send(connectReplies(command.transactionId));
  return true;
}

function runPublish(target: CommandTarget, command: RtmpCommand): boolean {
  const name = command.args[1];
  if (typeof name !== 'string') return false;
  target.publish(name);
  return true;
}

function runPlay(target: CommandTarget, command: RtmpCommand): boolean {
  const name = command.args[1];
  if (typeof name !== 'string') return false;
  target.play(name);
  return true;
}

function runUnpublish(target: CommandTarget, command: RtmpCommand): boolean {
  target.release();
  return answerFc(target, command, 'onFCUnpublish', 'Unpublish.Success');
}

function runRelease(target: CommandTarget, command: RtmpCommand): boolean {
  target.release();
  return answerNothing(target, command);
}

/** A live stream goes on; who pauses falls behind and jumps. */
function runPause(target: CommandTarget, command: RtmpCommand): boolean {
  const code = command.args[1] === true ? 'NetStream.Pause.Notify' : 'NetStream.Unpause.Notify';
  target.send(onStatus('status', code, 'The stream is live and goes on.'));
  return true;
}

function runSeek(target: CommandTarget): boolean {
  target.send(onStatus('error', 'NetStream.Seek.Failed', 'The stream is live.'));
  return true;
}

function answerFc(
  target: CommandTarget,
  command: RtmpCommand,
  callbackName: string,
  code: string,
): boolean {
  const [, name] = command.args;
  target.send(callback(callbackName, `NetStream.${code}`, typeof name === 'string' ? name : ''));
  return answerNothing(target, command);
}

/** releaseStream, _checkbw, receiveAudio …: whoever waits for an answer gets one. */
function answerNothing(target: CommandTarget, command: RtmpCommand): boolean {
  return command.transactionId > 0 ? answer(target, command, undefined) : true;
}

function answer(target: CommandTarget, command: RtmpCommand, value: Amf0Value): boolean {
  target.send(callResult(command.transactionId, value));
  return true;
}
