import HLS from 'hls-parser';
import { describe, expect, it } from 'vitest';
import { renderMultivariant } from './multivariant.ts';

describe('renderMultivariant', () => {
  it('shows what is known, and where to go on', () => {
    const codecs = ['avc1.64001f', 'mp4a.40.2'];
    const uri = 'news.m3u8?token=a.b-c&session=AAAABBBBCCCCDDDD';
    const text = renderMultivariant(
      { bandwidth: 2_000_000, codecs, width: 1280, height: 720 },
      uri,
    );
    const { variants } = HLS.parse(text) as HLS.types.MasterPlaylist;
    expect(variants).toHaveLength(1);
    expect(variants[0]).toMatchObject({
      ...{ uri, bandwidth: 2_000_000, codecs: codecs.join(',') },
      resolution: { width: 1280, height: 720 },
    });
  });

  it('leaves out what is not', () => {
    const text = renderMultivariant({ bandwidth: 1, codecs: [], width: 0, height: 0 }, 'a.m3u8');
    expect(text).toBe('#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n');
  });
});
