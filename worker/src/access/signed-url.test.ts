import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkSignedUrl, urlSignature } from './signed-url.ts';
import { visit } from './testing/visits.ts';

const OLD = Buffer.from('an old key of thirty-two bytes..');
const NEW = Buffer.from('the new key of thirty-two bytes.');
const KEYS = { keys: [OLD, NEW], isWaiting: false };
const NOW_MS = 1_800_000_000_000;
const EXPIRES = '1800000060';

function signed(key = NEW, expires = EXPIRES): { expires: string; signature: string } {
  return { expires, signature: urlSignature(visit(), expires, key).toString('base64url') };
}

describe('a signed URL', () => {
  it('is what the documentation says', () => {
    const text = `play\nlive/news\n${EXPIRES}`;
    const mac = createHmac('sha256', NEW).update(text).digest('base64url');
    expect(mac).toBe(signed().signature);
  });

  it.each([
    ['the new key', NEW],
    ['the old key', OLD],
  ])('is good by %s until it is over', (_what, key) => {
    const until = Number(EXPIRES) * 1000;
    expect(checkSignedUrl(visit(), signed(key), KEYS, NOW_MS)).toBe(until);
    expect(() => checkSignedUrl(visit(), signed(key), KEYS, until)).toThrow(
      expect.objectContaining({ code: 'ACCESS_TOKEN_EXPIRED' }),
    );
  });

  it.each([
    ['another stream', visit({ stream: 'live/other' }), signed()],
    ['another action', visit({ action: 'publish' }), signed()],
    ['another expiry', visit(), { ...signed(), expires: '1800000061' }],
    ['no expiry', visit(), { ...signed(), expires: '' }],
    ['a strange expiry', visit(), signed(NEW, '1.8e9')],
    ['a part of it', visit(), { ...signed(), signature: signed().signature.slice(0, 20) }],
    ['nothing', visit(), { ...signed(), signature: '' }],
    ['an unknown key', visit(), signed(Buffer.alloc(32, 1))],
  ])('is not good for %s', (_what, who, signature) => {
    expect(() => checkSignedUrl(who, signature, KEYS, NOW_MS)).toThrow(
      expect.objectContaining({ code: 'ACCESS_TOKEN_INVALID' }),
    );
  });

  it('is never good without keys', () => {
    const none = { keys: [], isWaiting: false };
    expect(() => checkSignedUrl(visit(), signed(), none, NOW_MS)).toThrow('signature');
  });

  it('is not bad before the key that it may be of was read', () => {
    const some = { keys: [OLD], isWaiting: true };
    expect(checkSignedUrl(visit(), signed(OLD), some, NOW_MS)).toBeGreaterThan(NOW_MS);
    expect(() => checkSignedUrl(visit(), signed(), some, NOW_MS)).toThrow(
      expect.objectContaining({ code: 'ACCESS_KEYS_INVALID' }),
    );
  });
});
