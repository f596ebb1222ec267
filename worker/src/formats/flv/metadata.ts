import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import { Amf0EcmaArray, type Amf0Object } from '../amf0/value.ts';
import { writeAmf0 } from '../amf0/writer.ts';

/** FLV 10.1 E.4.3.1 and E.4.2.1; other codecs are told by their FourCC. */
const VIDEO_CODEC_IDS: Partial<Record<VideoTrack['codec'], number>> = { h264: 7 };
const AUDIO_CODEC_IDS: Partial<Record<AudioTrack['codec'], number>> = { aac: 10, mp3: 2 };
/** Enhanced RTMP v2: videocodecid and audiocodecid may be a FourCC as a number. */
const FOUR_CCS: Partial<Record<VideoTrack['codec'] | AudioTrack['codec'], string>> = {
  h265: 'hvc1',
  av1: 'av01',
  vp9: 'vp09',
  vp8: 'vp08',
  opus: 'Opus',
  flac: 'fLaC',
  ac3: 'ac-3',
  eac3: 'ec-3',
};

/** Body of an onMetaData tag for a stream whose publisher sent none. */
export function onMetaDataBody(
  video: VideoTrack | undefined,
  audio: AudioTrack | undefined,
): Buffer {
  const properties: Amf0Object = {};
  if (video !== undefined) addVideo(properties, video);
  if (audio !== undefined) addAudio(properties, audio);
  return writeAmf0('onMetaData', new Amf0EcmaArray(properties));
}

function addVideo(properties: Amf0Object, video: VideoTrack): void {
  if (video.width > 0) {
    properties['width'] = video.width;
    properties['height'] = video.height;
  }
  properties['videocodecid'] = VIDEO_CODEC_IDS[video.codec] ?? fourCc(video.codec);
}

function addAudio(properties: Amf0Object, audio: AudioTrack): void {
  properties['audiosamplerate'] = audio.sampleRate;
  properties['audiochannels'] = audio.channels;
  properties['stereo'] = audio.channels > 1;
  properties['audiocodecid'] = AUDIO_CODEC_IDS[audio.codec] ?? fourCc(audio.codec);
}

function fourCc(codec: VideoTrack['codec'] | AudioTrack['codec']): number {
  const text = FOUR_CCS[codec];
  return text === undefined ? 0 : Buffer.from(text, 'latin1').readUInt32BE(0);
}
