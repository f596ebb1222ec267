import { psiCrc32 } from './crc32.ts';
import {
  AUDIO_PID,
  PAT_PID,
  PAT_TABLE_ID,
  PMT_PID,
  PMT_TABLE_ID,
  PROGRAM_NUMBER,
  StreamType,
  SYNC_BYTE,
  TS_PACKET_BYTES,
  VIDEO_PID,
} from './layout.ts';

const TRANSPORT_STREAM_ID = 1;
/** pointer_field, then the table. */
const SECTION_AT = 5;
const CRC_BYTES = 4;
/** registration_descriptor 'AC-3' (ATSC A/52 annex A3). */
const AC3_DESCRIPTOR = [0x05, 0x04, 0x41, 0x43, 0x2d, 0x33];
const EAC3_DESCRIPTOR = [0x05, 0x04, 0x45, 0x41, 0x43, 0x33];

/** Program association table, 2.4.4.3: one program. */
export function patPacket(): Buffer {
  return sectionPacket(PAT_PID, PAT_TABLE_ID, TRANSPORT_STREAM_ID, [
    ...uint16(PROGRAM_NUMBER),
    ...uint16(0xe000 | PMT_PID),
  ]);
}

/** Program map table, 2.4.4.8. Undefined: there is no such track. */
export function pmtPacket(videoType: number | undefined, audioType: number | undefined): Buffer {
  const pcrPid = videoType === undefined ? AUDIO_PID : VIDEO_PID;
  const body = [...uint16(0xe000 | pcrPid), ...uint16(0xf000)];
  if (videoType !== undefined) body.push(...elementaryStream(videoType, VIDEO_PID));
  if (audioType !== undefined) body.push(...elementaryStream(audioType, AUDIO_PID));
  return sectionPacket(PMT_PID, PMT_TABLE_ID, PROGRAM_NUMBER, body);
}

function elementaryStream(type: number, pid: number): number[] {
  const descriptor = descriptorOf(type);
  return [type, ...uint16(0xe000 | pid), ...uint16(0xf000 | descriptor.length), ...descriptor];
}

function descriptorOf(type: number): number[] {
  if (type === StreamType.ac3) return AC3_DESCRIPTOR;
  return type === StreamType.eac3 ? EAC3_DESCRIPTOR : [];
}

function sectionPacket(pid: number, tableId: number, extension: number, body: number[]): Buffer {
  const packet = Buffer.alloc(TS_PACKET_BYTES, 0xff);
  packet.set([SYNC_BYTE, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0]);
  const length = 5 + body.length + CRC_BYTES;
  const section = [
    tableId,
    ...uint16(0xb000 | length),
    ...uint16(extension),
    0xc1 | (versionOf(body) << 1),
    0,
    0,
    ...body,
  ];
  packet.set(section, SECTION_AT);
  const end = SECTION_AT + section.length;
  packet.writeUInt32BE(psiCrc32(packet, SECTION_AT, end), end);
  return packet;
}

/** Demuxers read a table again only when its version changed; so that every
 * worker writes the same, it follows from the contents. */
function versionOf(body: number[]): number {
  return psiCrc32(Uint8Array.from(body), 0, body.length) & 0x1f;
}

function uint16(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}
