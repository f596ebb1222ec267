// @ts-check
// Figures for people.

const whole = new Intl.NumberFormat('en');

/** @param {number} number */
export const count = (number) => whole.format(number);

/** @param {number} number @param {string} noun */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/**
 * Viewers by protocol; other workers that pull are none.
 * @param {Record<string, number>} viewers
 */
export const protocolsText = (viewers) =>
  Object.entries(viewers)
    .filter(([protocol, number]) => number > 0 && protocol !== 'relay')
    .map(([protocol, number]) => `${count(number)} ${protocol}`)
    .join(', ');

/** @param {number} bitsPerSecond */
export function bitrate(bitsPerSecond) {
  if (bitsPerSecond >= 1e9) return `${(bitsPerSecond / 1e9).toFixed(2)} Gb/s`;
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mb/s`;
  return `${Math.round(bitsPerSecond / 1e3)} kb/s`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${Math.round(bytes / 2 ** 10)} KiB`;
}

/** @param {number} share 0 to 1 */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** @param {number} unixMs */
export const ago = (unixMs) => `${duration(Date.now() - unixMs)} ago`;

/** @param {{kind: string, codec: string, profile?: string, width?: number, height?: number,
 *   sampleRate?: number, channels?: number}} track */
export function trackText(track) {
  const profile = track.profile ? ` ${track.profile}` : '';
  if (track.kind === 'video') return `${track.codec}${profile}, ${track.width}×${track.height}`;
  const channels = { 1: 'mono', 2: 'stereo' }[track.channels ?? 0] ?? `${track.channels} channels`;
  return `${track.codec}${profile}, ${(track.sampleRate ?? 0) / 1_000} kHz ${channels}`;
}
