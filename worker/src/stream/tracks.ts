import { FrameKind, type Codec, type Frame } from '../media/frame.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import { trackFromFrame } from '../media/track-from-frame.ts';

export interface Tracks {
  readonly video?: VideoTrack;
  readonly audio?: AudioTrack;
}

/** A configuration as it came, and from which frame on it is in force. */
export interface TrackEntry {
  readonly sequence: number;
  readonly kind: FrameKind;
  readonly codec: Codec;
  /** False: the codec has no configuration record, the frame described itself. */
  readonly isConfig: boolean;
  /** FLV tag body; of a self-describing frame its beginning. */
  readonly body: Buffer;
  /** Undefined when the configuration could not be read: it is passed on all the same. */
  readonly track: VideoTrack | AudioTrack | undefined;
}

/** A publisher that changes its configuration with every frame stays bounded. */
const MAX_ENTRIES = 32;
const SELF_DESCRIBING_BYTES = 4096;
/** AMF0 string `onMetaData`, as the body of an FLV script tag begins. */
const METADATA_START = Buffer.from('\u0002\u0000\u000aonMetaData', 'latin1');

/** What is known of a stream's tracks, and was at each frame still kept. */
export class TrackHistory {
  current: Tracks = {};
  /** Grows with every change of a configuration or of the metadata. */
  version = 0;
  /** Body of the newest onMetaData. */
  metadata: Buffer | undefined = undefined;
  /** First frame that announced video; -1 while there is none. */
  videoSinceSequence = -1;
  private entries: TrackEntry[] = [];
  private videoCodec: Codec | undefined = undefined;
  private audioCodec: Codec | undefined = undefined;

  get hasVideo(): boolean {
    return this.videoCodec !== undefined;
  }

  get hasAudio(): boolean {
    return this.audioCodec !== undefined;
  }

  /** Looks at a frame before it is stored. True when a configuration changed. */
  note(frame: Frame, sequence: number): boolean {
    if (frame.kind === FrameKind.data) {
      this.noteMetadata(frame);
      return false;
    }
    if (frame.isConfig) return this.noteConfiguration(frame, sequence);
    const known = frame.kind === FrameKind.video ? this.videoCodec : this.audioCodec;
    if (frame.codec === known || frame.codec === 'unknown') return false;
    return this.noteSelfDescribing(frame, sequence);
  }

  /** Takes over what another worker knew. */
  restore(entry: TrackEntry): void {
    const latest = this.latest(entry.kind);
    if (latest !== undefined && latest.body.equals(entry.body)) return;
    this.add(entry);
  }

  /** Frames are numbered otherwise from here on: what is in force is so since then. */
  renumber(sequence: number): void {
    this.entries = this.newest().map((entry) => ({ ...entry, sequence }));
    if (this.hasVideo) this.videoSinceSequence = sequence;
  }

  /** Newest entry of each kind, video first. */
  newest(): TrackEntry[] {
    return this.pick((kind) => this.latest(kind));
  }

  /** In force at a frame. */
  at(sequence: number): TrackEntry[] {
    return this.pick((kind) => this.inForce(kind, sequence));
  }

  /** What a viewer who starts at a frame needs: a track that only begins
   * behind it is announced early. */
  forViewer(sequence: number): TrackEntry[] {
    return this.pick((kind) => this.inForce(kind, sequence) ?? this.earliest(kind));
  }

  tracksAt(sequence: number): Tracks {
    return toTracks(this.at(sequence));
  }

  /** Entries in force only before a frame are forgotten. */
  trim(sequence: number): void {
    // Nearly always one entry a track, in force since the beginning.
    if (this.entries.length <= 2) return;
    const needed = new Set(this.at(sequence));
    this.entries = this.entries.filter((entry) => entry.sequence > sequence || needed.has(entry));
  }

  private pick(find: (kind: FrameKind) => TrackEntry | undefined): TrackEntry[] {
    return [find(FrameKind.video), find(FrameKind.audio)].filter((entry) => entry !== undefined);
  }

  private latest(kind: FrameKind): TrackEntry | undefined {
    return this.entries.findLast((entry) => entry.kind === kind);
  }

  private earliest(kind: FrameKind): TrackEntry | undefined {
    return this.entries.find((entry) => entry.kind === kind);
  }

  private inForce(kind: FrameKind, sequence: number): TrackEntry | undefined {
    return this.entries.findLast((entry) => entry.kind === kind && entry.sequence <= sequence);
  }

  private noteMetadata(frame: Frame): void {
    const { body, bodyStart, bodyEnd } = frame;
    const startEnd = Math.min(bodyEnd, bodyStart + METADATA_START.length);
    if (body.compare(METADATA_START, 0, METADATA_START.length, bodyStart, startEnd) !== 0) return;
    if (this.metadata?.compare(body, bodyStart, bodyEnd) === 0) return;
    this.metadata = copyOf(body, bodyStart, bodyEnd);
    this.version += 1;
  }

  private noteConfiguration(frame: Frame, sequence: number): boolean {
    const latest = this.latest(frame.kind);
    const { body, bodyStart, bodyEnd } = frame;
    if (latest?.body.compare(body, bodyStart, bodyEnd) === 0) return false;
    this.add(entryOf(frame, sequence, bodyEnd));
    return true;
  }

  private noteSelfDescribing(frame: Frame, sequence: number): boolean {
    const track = trackFromFrame(frame);
    if (track === undefined) return false;
    const end = Math.min(frame.bodyEnd, frame.bodyStart + SELF_DESCRIBING_BYTES);
    this.add({ ...entryOf(frame, sequence, end), track });
    return true;
  }

  private add(entry: TrackEntry): void {
    this.entries.push(entry);
    if (this.entries.length > MAX_ENTRIES) this.entries.shift();
    if (entry.kind === FrameKind.audio) this.audioCodec = entry.codec;
    else {
      if (this.videoCodec === undefined) this.videoSinceSequence = entry.sequence;
      this.videoCodec = entry.codec;
    }
    this.current = toTracks(this.newest());
    this.version += 1;
  }
}

function entryOf(frame: Frame, sequence: number, bodyEnd: number): TrackEntry {
  return {
    sequence,
    kind: frame.kind,
    codec: frame.codec,
    isConfig: frame.isConfig,
    body: copyOf(frame.body, frame.bodyStart, bodyEnd),
    track: trackFromFrame(frame),
  };
}

function toTracks(entries: readonly TrackEntry[]): Tracks {
  let tracks: Tracks = {};
  for (const { track } of entries) {
    if (track?.kind === 'video') tracks = { ...tracks, video: track };
    if (track?.kind === 'audio') tracks = { ...tracks, audio: track };
  }
  return tracks;
}

function copyOf(body: Buffer, start: number, end: number): Buffer {
  return Buffer.from(body.subarray(start, end));
}
