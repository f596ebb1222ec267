import { describe, expect, it } from 'vitest';
import { tokenOf, urlSignatureOf } from './credentials.ts';

const NONE = { query: '', authorization: '', cookie: '' };

describe('tokenOf', () => {
  it.each([
    ['a parameter', { query: 'x=1&token=abc' }, 'abc'],
    ['an encoded parameter', { query: 'token=a%2Eb' }, 'a.b'],
    ['one that cannot be decoded', { query: 'token=%zz' }, ''],
    ['another parameter', { query: 'mytoken=abc' }, ''],
    ['the header', { authorization: 'Bearer abc' }, 'abc'],
    ['the header in another case', { authorization: 'bearer  abc' }, 'abc'],
    ['another scheme', { authorization: 'Basic abc' }, ''],
    ['a cookie', { cookie: 'a=b; streamcluster_token=abc; c=d' }, 'abc'],
    ['another cookie', { cookie: 'not_streamcluster_token=abc' }, ''],
    [
      'all of them',
      { query: 'token=a', authorization: 'Bearer b', cookie: 'streamcluster_token=c' },
      'a',
    ],
    [
      'the header and a cookie',
      { authorization: 'Bearer b', cookie: 'streamcluster_token=c' },
      'b',
    ],
    ['nothing', {}, ''],
  ])('looks at %s', (_what, carried, token) => {
    expect(tokenOf({ ...NONE, ...carried })).toBe(token);
  });
});

describe('urlSignatureOf', () => {
  it('is of the parameters only', () => {
    expect(urlSignatureOf({ ...NONE, query: 'expires=12&signature=ab%2d' })).toEqual({
      expires: '12',
      signature: 'ab-',
    });
    expect(urlSignatureOf({ ...NONE, query: 'signature=a' })?.expires).toBe('');
    expect(urlSignatureOf({ ...NONE, cookie: 'signature=a' })).toBeUndefined();
  });
});
