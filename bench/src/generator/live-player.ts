import { crc32 } from 'node:zlib';
import { AnswerReader } from './answer-reader.ts';
import type { Dial, Wire, WireHandler } from './wire.ts';

/** Where players begin (RFC 8216 section 6.3.3): so many segments before the end. */
const BEHIND = 3;
const TARGET = /^#EXT-X-TARGETDURATION:(\d+)$/m;

/** What players have in common. */
export interface PlayerGroup {
  /** The request for an address, whole. */
  request(path: string, player: number): Buffer;
  /** One whole answer. */
  answered(what: 'playlist' | 'segment', bytes: number): void;
  /** Segments are the same for all: `sum` is of the body. */
  segment(path: string, sum: number): void;
  fail(reason: string): void;
}

/**
 * A player of live HLS on one kept connection, as RFC 8216 section 6 says: it follows a
 * multivariant playlist, asks for the media playlist every target duration (every half,
 * if that is the same as before), and fetches each segment once.
 */
export class LivePlayer implements WireHandler {
  segments = 0;
  private readonly group: PlayerGroup;
  private readonly number: number;
  private readonly wire: Wire;
  private readonly reader: AnswerReader;
  /** Of the playlist; that which the multivariant one leads to, once it is known. */
  private path: string;
  private asked = '';
  private text = '';
  private sum = 0;
  private wanted: string[] = [];
  private newest = '';
  private timer: NodeJS.Timeout | undefined = undefined;
  private isClosing = false;

  constructor(group: PlayerGroup, number: number, { dial, path }: { dial: Dial; path: string }) {
    this.group = group;
    this.number = number;
    this.path = path;
    this.reader = new AnswerReader({
      onBody: (buf, start, end) => this.body(buf, start, end),
      onAnswer: (status, bytes) => this.answer(status, bytes),
      onBroken: (reason) => group.fail(reason),
    });
    this.wire = dial(this);
  }

  close(): void {
    this.isClosing = true;
    clearTimeout(this.timer);
    this.wire.close();
  }

  onOpen(): void {
    this.ask(this.path);
  }

  onData(buf: Buffer, start: number, end: number): void {
    this.reader.push(buf, start, end);
  }

  onClose(): void {
    if (!this.isClosing) this.group.fail('the server closed a connection');
    this.close();
  }

  private get asksForPlaylist(): boolean {
    return this.asked === this.path;
  }

  private ask(path: string): void {
    this.asked = path;
    this.text = '';
    this.sum = 0;
    this.wire.write(this.group.request(path, this.number));
  }

  private body(buf: Buffer, start: number, end: number): void {
    if (this.asksForPlaylist) this.text += buf.toString('latin1', start, end);
    else this.sum = crc32(buf.subarray(start, end), this.sum);
  }

  private answer(status: number, bytes: number): void {
    if (status !== 200) {
      this.group.fail(`${this.asked} was answered ${status}`);
      return;
    }
    this.group.answered(this.asksForPlaylist ? 'playlist' : 'segment', bytes);
    if (this.asksForPlaylist) this.playlist();
    else this.segment();
  }

  private segment(): void {
    this.segments += 1;
    this.group.segment(this.asked, this.sum);
    this.fetchNext();
  }

  private playlist(): void {
    const lines = this.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const paths = lines.map((line) => this.resolve(line));
    if (this.text.includes('#EXT-X-STREAM-INF:')) {
      this.path = paths[0] ?? this.path;
      this.ask(this.path);
      return;
    }
    const targetMs = Number(TARGET.exec(this.text)?.[1] ?? NaN) * 1000;
    if (!(targetMs > 0)) this.group.fail(`no media playlist: ${this.text.slice(0, 100)}`);
    else this.follow(paths, targetMs);
  }

  private follow(paths: readonly string[], targetMs: number): void {
    const known = paths.indexOf(this.newest);
    const isSame = known >= 0 && known === paths.length - 1;
    if (known < 0 && this.newest !== '') this.group.fail(`${this.newest} left the playlist`);
    this.wanted = this.newest === '' ? paths.slice(-BEHIND) : paths.slice(known + 1);
    this.newest = paths.at(-1) ?? '';
    this.timer = setTimeout(() => this.turn(), isSame ? targetMs / 2 : targetMs);
    this.fetchNext();
  }

  /** Asks for the playlist, unless segments are still on their way: then behind them. */
  private turn(): void {
    this.timer = undefined;
    if (this.asked === '') this.ask(this.path);
  }

  private fetchNext(): void {
    const next = this.wanted.shift();
    this.asked = '';
    if (next !== undefined) this.ask(next);
    else if (this.timer === undefined) this.ask(this.path);
  }

  /** Against the playlist's address, as a relative reference (RFC 3986 section 5.2). */
  private resolve(uri: string): string {
    if (uri.startsWith('/')) return uri;
    const [base = ''] = this.path.split('?', 1);
    return base.slice(0, base.lastIndexOf('/') + 1) + uri;
  }
}
