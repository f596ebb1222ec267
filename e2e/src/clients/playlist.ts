/** A media playlist (RFC 8216), as far as tests look at it. */
export interface Playlist {
  readonly mediaSequence: number;
  readonly targetDurationSeconds: number;
  readonly segments: readonly Segment[];
  readonly ended: boolean;
}

/** Where a multivariant playlist sends its player. `url`: of that playlist, or its path. */
export function mediaPlaylistUrl(text: string, url: string): string {
  if (!text.includes('#EXT-X-STREAM-INF:'))
    throw new Error(`not multivariant: ${text.slice(0, 200)}`);
  const uri = text.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
  return new URL(uri, new URL(url, 'http://host')).href;
}

const ID_CHARACTERS = 16;

/** Path of the media playlist for a player that was given an id before, on any worker. */
export function playlistPath(stream: string, player: string): string {
  return `/${stream}.m3u8?session=${player.padEnd(ID_CHARACTERS, '-').slice(0, ID_CHARACTERS)}`;
}

/** The media playlist, as a player asks that comes for the first time; else the refusal. */
export async function fetchMediaPlaylist(url: string): Promise<Response> {
  const first = await fetch(url);
  return first.ok ? fetch(mediaPlaylistUrl(await first.text(), first.url)) : first;
}

export interface Segment {
  readonly uri: string;
  readonly sequence: number;
  readonly seconds: number;
  readonly discontinuity: boolean;
}

/** Deliberately small; the HLS writer is checked with hls-parser beside it. */
export function parsePlaylist(text: string): Playlist {
  if (!text.startsWith('#EXTM3U\n')) throw new Error(`no playlist: ${text.slice(0, 200)}`);
  const mediaSequence = tagNumber(text, 'EXT-X-MEDIA-SEQUENCE');
  const segments: Segment[] = [];
  let seconds = 0;
  let discontinuity = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice(8));
    else if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (line !== '' && !line.startsWith('#')) {
      segments.push({
        uri: line,
        sequence: mediaSequence + segments.length,
        seconds,
        discontinuity,
      });
      discontinuity = false;
    }
  }
  return {
    mediaSequence,
    targetDurationSeconds: tagNumber(text, 'EXT-X-TARGETDURATION'),
    segments,
    ended: text.includes('#EXT-X-ENDLIST'),
  };
}

function tagNumber(text: string, tag: string): number {
  const match = new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text);
  if (match === null) throw new Error(`playlist lacks ${tag}`);
  return Number(match[1]);
}
