import fs from 'node:fs';
import path from 'node:path';
import { readAdts } from '../content/adts.ts';
import { FRAMEMD5 } from '../content/fixture.ts';
import { decodedFrames, type DecodedFrame } from '../content/framemd5.ts';
import { Child, type Ending } from '../harness/child.ts';

const QUIET = ['-nostdin', '-hide_banner', '-v', 'error'];

export interface PublishOptions {
  /** Times the file is repeated; -1 for ever. */
  readonly repeats?: number;
}

/** Publishes a file in real time, as it is. */
export function publish(file: string, url: string, { repeats = 0 }: PublishOptions = {}): Child {
  const input = ['-re', '-stream_loop', String(repeats), '-i', file];
  return new Child('ffmpeg', [...QUIET, ...input, '-c', 'copy', '-f', 'flv', url]);
}

/** Encodes a small picture and a tone in real time, as OBS would; key frames are only where
 * ffmpeg's expression says. */
export function publishEncoded(url: string, keyFrames: string): Child {
  const picture = 'testsrc2=size=160x90:rate=25';
  return new Child('ffmpeg', [
    ...[...QUIET, '-re', '-f', 'lavfi', '-i', picture, '-re', '-f', 'lavfi', '-i', 'sine'],
    ...['-threads', '1', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
    ...['-pix_fmt', 'yuv420p', '-g', '100000', '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:${keyFrames}`, '-c:a', 'aac', '-f', 'flv', url],
  ]);
}

/** What a player made of a stream. */
export interface Recording {
  readonly video: readonly DecodedFrame[];
  readonly audio: readonly Buffer[];
}

/** An ffmpeg that plays a URL or a file, decodes, and writes down what it got. */
export class Recorder {
  readonly url: string;
  readonly child: Child;
  private readonly videoFile: string;
  private readonly audioFile: string;

  constructor(url: string, folder: string, inputOptions: readonly string[] = []) {
    this.url = url;
    const name = fs.mkdtempSync(path.join(folder, 'player-'));
    this.videoFile = path.join(name, 'video.framemd5');
    this.audioFile = path.join(name, 'audio.aac');
    const outputs = [
      ...['-map', '0:v', ...FRAMEMD5, '-flush_packets', '1', this.videoFile],
      ...['-map', '0:a', '-c', 'copy', '-f', 'adts', this.audioFile],
    ];
    // One thread a decoder: the machine is small and the picture too.
    const input = ['-threads', '1', ...inputOptions, '-i', url];
    this.child = new Child('ffmpeg', [...QUIET, '-y', ...input, ...outputs]);
  }

  /** Pictures written so far; the last few may still be in the decoder. */
  get pictures(): number {
    return this.readVideo().length;
  }

  /** What was received, once the stream has ended. */
  async finished(patienceMs: number): Promise<Recording> {
    await this.child.success(patienceMs);
    return this.recording();
  }

  /** Ends the player and returns what it received until now. */
  async stop(): Promise<Recording> {
    await this.child.stop('SIGINT');
    return this.recording();
  }

  get ended(): Promise<Ending> {
    return this.child.ended;
  }

  private recording(): Recording {
    return { video: this.readVideo(), audio: readAdts(fs.readFileSync(this.audioFile)) };
  }

  private readVideo(): DecodedFrame[] {
    if (!fs.existsSync(this.videoFile)) return [];
    return decodedFrames(fs.readFileSync(this.videoFile, 'utf8'));
  }
}
