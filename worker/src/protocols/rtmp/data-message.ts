import { readAmf0 } from '../../formats/amf0/reader.ts';
import { writeAmf0 } from '../../formats/amf0/writer.ts';

const SET_DATA_FRAME = writeAmf0('@setDataFrame');
const CLEAR_DATA_FRAME = writeAmf0('@clearDataFrame');
const SAMPLE_ACCESS = writeAmf0('|RtmpSampleAccess');

/**
 * Where the part of an AMF0 data message starts that viewers should get:
 * behind `@setDataFrame`. `end` when none of it is for them, -1 when the
 * message cannot be read.
 */
export function dataBodyStart(buf: Buffer, start: number, end: number): number {
  if (startsWith(CLEAR_DATA_FRAME, buf, start, end)) return end;
  if (startsWith(SAMPLE_ACCESS, buf, start, end)) return end;
  const isSet = startsWith(SET_DATA_FRAME, buf, start, end);
  const bodyStart = isSet ? start + SET_DATA_FRAME.length : start;
  const name = readAmf0(buf, bodyStart, end)?.[0];
  return typeof name === 'string' ? bodyStart : -1;
}

function startsWith(prefix: Buffer, buf: Buffer, start: number, end: number): boolean {
  const prefixEnd = start + prefix.length;
  return prefixEnd <= end && prefix.compare(buf, start, prefixEnd) === 0;
}
