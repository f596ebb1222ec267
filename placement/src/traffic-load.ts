import {
  LOAD_WEIGHTS,
  MESSAGES_PER_SECOND,
  PACKET_BYTES,
  RELAY_SENDS_PER_SECOND,
  SEGMENT_SECONDS,
  SENDS_PER_SECOND,
  SENT_AT_ONCE_BYTES,
} from './load-weights.ts';

/** How viewers of a protocol are served, which is what they cost. */
type Delivery = 'session' | 'requests' | 'packets';

/** Those who ask anew every few seconds follow when a stream moves; others stay. */
const DELIVERIES: Readonly<Record<string, Delivery>> = {
  rtmp: 'session',
  flv: 'session',
  'ws-flv': 'session',
  hls: 'requests',
  srt: 'packets',
  rtsp: 'packets',
  whep: 'packets',
};

/** A protocol that is not known costs what a session does. */
function deliveryOf(protocol: string): Delivery {
  return DELIVERIES[protocol] ?? 'session';
}

/** Whether its viewers stay connected for as long as they watch. */
export function isLongLived(protocol: string): boolean {
  return deliveryOf(protocol) !== 'requests';
}

/** Share of a CPU that one viewer takes. */
export function viewerLoad(protocol: string, bitsPerSecond: number, isEncrypted = false): number {
  const bytes = bitsPerSecond / 8;
  // SRT and WebRTC encrypt by themselves, which their packets have in them.
  const tlsUs = isEncrypted ? nanoseconds(bytes, LOAD_WEIGHTS.tlsByteNs) : 0;
  switch (deliveryOf(protocol)) {
    case 'session':
      return share(sessionUs(bytes, sendsOf(bytes)) + tlsUs);
    case 'requests':
      return share(requestsUs(bytes) + tlsUs);
    case 'packets':
      return share((bytes / PACKET_BYTES) * LOAD_WEIGHTS.packetUs);
  }
}

/** Share of a CPU that one relay takes where it comes from. */
export function feedLoad(bitsPerSecond: number): number {
  return share(sessionUs(bitsPerSecond / 8, RELAY_SENDS_PER_SECOND));
}

/** Share of a CPU that a stream takes where it comes in: from its publisher, or
 * by a relay, which brings the same frames. */
export function intakeLoad(): number {
  return share(MESSAGES_PER_SECOND * LOAD_WEIGHTS.messageUs);
}

/** Share of a CPU that one relay takes at both ends. */
export function relayLoad(bitsPerSecond: number): number {
  return feedLoad(bitsPerSecond) + intakeLoad();
}

function sendsOf(bytesPerSecond: number): number {
  return Math.max(SENDS_PER_SECOND, bytesPerSecond / SENT_AT_ONCE_BYTES);
}

function sessionUs(bytesPerSecond: number, sendsPerSecond: number): number {
  const { sendUs, sentByteNs } = LOAD_WEIGHTS;
  return sendsPerSecond * sendUs + nanoseconds(bytesPerSecond, sentByteNs);
}

/** One playlist and one segment for each segment's time. */
function requestsUs(bytesPerSecond: number): number {
  const { answerUs, segmentByteNs } = LOAD_WEIGHTS;
  return (2 * answerUs) / SEGMENT_SECONDS + nanoseconds(bytesPerSecond, segmentByteNs);
}

/** In microseconds. */
function nanoseconds(bytes: number, byteNs: number): number {
  return (bytes * byteNs) / 1_000;
}

function share(usPerSecond: number): number {
  return usPerSecond / 1_000_000;
}
