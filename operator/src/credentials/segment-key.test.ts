import { describe, expect, it } from 'vitest';
import { makeAuthority } from './issue.ts';
import { consoleKeyOf, segmentKeyOf } from './segment-key.ts';

describe('segmentKeyOf', () => {
  it('is the same for all who have the CA, another for each StreamCluster and CA', async () => {
    const [signer, other] = await Promise.all([makeAuthority(0, 1e9), makeAuthority(0, 1e9)]);
    const key = segmentKeyOf(signer, 'uid-1');
    expect(key).toHaveLength(32);
    expect(segmentKeyOf(signer, 'uid-1')).toEqual(key);
    expect(segmentKeyOf(signer, 'uid-2')).not.toEqual(key);
    expect(segmentKeyOf(other, 'uid-1')).not.toEqual(key);
  });

  it('is none that the page is signed by', async () => {
    const [signer, other] = await Promise.all([makeAuthority(0, 1e9), makeAuthority(0, 1e9)]);
    const key = consoleKeyOf(signer);
    expect(key).toHaveLength(32);
    expect(consoleKeyOf(signer)).toEqual(key);
    expect(consoleKeyOf(other)).not.toEqual(key);
    expect(segmentKeyOf(signer, 'console')).not.toEqual(key);
  });
});
