/** One row of a media playlist (RFC 8216); stream/ makes it of a segment mark. */
export interface PlaylistSegment {
  /** Media sequence number: also its address, `NAME/SEQUENCE.ts`. */
  readonly sequence: number;
  /** Path element in front of that file, which not everybody knows; empty: none. */
  readonly key: string;
  readonly durationMs: number;
  /** It has no pictures: they are lost. */
  readonly isGap: boolean;
  /** Wall clock of its first frame. */
  readonly wallClockUnixMs: number;
  /** Timestamps, tracks or encoding do not continue those of the one before. */
  readonly discontinuity: boolean;
  /** Discontinuities up to and including this segment's own. */
  readonly discontinuitySequence: number;
  /** Starts with a key frame. */
  readonly independent: boolean;
}

export interface Playlist {
  /** Of the stream, without app: segments lie beside the playlist. */
  readonly name: string;
  readonly segments: readonly PlaylistSegment[];
  /** Must never change during the life of a playlist (RFC 8216 6.2.1). */
  readonly targetDurationSeconds: number;
  readonly ended: boolean;
}

/** Fractional EXTINF needs 3 (RFC 8216 section 7); who does not know EXT-X-GAP
 * (rfc8216bis 4.4.4.7) ignores it. */
const VERSION = 3;

/** The whole playlist, from its window of complete segments, oldest first. */
export function renderPlaylist(playlist: Playlist): string {
  const { name, segments, targetDurationSeconds, ended } = playlist;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-TARGETDURATION:${targetDurationSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.sequence ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitiesBefore(segments[0])}`,
  ];
  if (segments.length > 0 && segments.every((segment) => segment.independent)) {
    lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  }
  for (const segment of segments) pushSegment(segment, name, lines);
  if (ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** The header counts discontinuities that have left the window; the first
 * segment's own tag is still in it (RFC 8216 6.2.2). */
function discontinuitiesBefore(first: PlaylistSegment | undefined): number {
  if (first === undefined) return 0;
  return Math.max(0, first.discontinuitySequence - (isMarked(first) ? 1 : 0));
}

function isMarked(segment: PlaylistSegment): boolean {
  return segment.discontinuity && segment.discontinuitySequence > 0;
}

function pushSegment(segment: PlaylistSegment, name: string, lines: string[]): void {
  if (isMarked(segment)) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.isGap) lines.push('#EXT-X-GAP');
  lines.push(
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.wallClockUnixMs).toISOString()}`,
    `#EXTINF:${(segment.durationMs / 1000).toFixed(3)},`,
    `${name}/${segment.key === '' ? '' : `${segment.key}/`}${segment.sequence}.ts`,
  );
}
