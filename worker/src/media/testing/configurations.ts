/** Configuration records and frame starts as real encoders wrote them. */
export const CONFIGURATIONS = {
  h264High1080: hex(
    '01640028ffe1001b67640028acd940780227e5c044000003000400000300c83c60c65801000668ebe3cb22c0fdf8f800',
  ),
  h264Baseline360: hex(
    '0142c01effe100196742c01ed900a02ff97011000003000100000300320f162e4801000568cb83cb20',
  ),
  h264Interlaced422: hex(
    '017a001effe10018677a001ebcd940b424d8088000000300800000190f8a14cb01000668fba3cb22c0fef8f800',
  ),
  h264High444: hex(
    '01f4000cffe1001967f4000c919b282833f1b808800000030080000019078a14cb01000668ebe3c44844fff8f800',
  ),
  h265Main720: hex(
    '0101600000009000000000005df000fcfdf8f800000f03200001001840010c01ffff01600000030090000003000003' +
      '005d959809210001002b42010101600000030090000003000003005da00280802d165959a4932bc05a020000030002' +
      '00000300321022000100074401c172b46240',
  ),
  av1Main180: hex('81000c000a0b000000043cfeccdaf90040'),
  vp9Boxed: hex('01000000000b820202020000'),
  vp9Bare: hex('000b820202020000'),
  aacLcStereo: hex('121056e500'),
  aacLcMono: hex('118856e500'),
  aacLc51: hex('123056e500'),
  /** Explicit SBR: 24 kHz core, 48 kHz out. */
  aacHe: hex('2b118800'),
  /** Explicit SBR and parametric stereo over a mono core. */
  aacHeV2: hex('eb098800'),
  /** SBR hidden behind the sync word: 22.05 kHz core, 44.1 kHz out. */
  aacHeBackward: hex('139056e5a0'),
  opusHead: hex('4f707573486561640102380180bb0000000000'),
  flac: hex(
    '664c614300000022120012000004a3000508' + '0ac442f0000022745d105ceb212ad5d36e4f5608def3d8b7',
  ),
  mp3Frame: hex('fffb40c000000000'),
  ac3Frame: hex('0b770dce5e40ebf8403eff9d'),
  eac3Frame: hex('0b7701a07487c00020840100'),
  vp8KeyFrame: hex('1062009d012a4001b4000007088585'),
} as const;

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
