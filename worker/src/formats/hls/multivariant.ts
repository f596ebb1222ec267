/** The one entry of a multivariant playlist (RFC 8216 4.3.4.2). */
export interface Variant {
  /** Bits per second that no segment is above. */
  readonly bandwidth: number;
  /** RFC 6381; empty where they are not known. */
  readonly codecs: readonly string[];
  /** 0 where it is not known. */
  readonly width: number;
  readonly height: number;
}

const VERSION = 3;

/** `uri`: of the media playlist, as the player is to ask for it. */
export function renderMultivariant(
  { bandwidth, codecs, width, height }: Variant,
  uri: string,
): string {
  const attributes = [`BANDWIDTH=${bandwidth}`];
  if (codecs.length > 0) attributes.push(`CODECS="${codecs.join(',')}"`);
  if (width > 0 && height > 0) attributes.push(`RESOLUTION=${width}x${height}`);
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-STREAM-INF:${attributes.join(',')}`,
    uri,
  ];
  return `${lines.join('\n')}\n`;
}
