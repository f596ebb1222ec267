import { describe, expect, it } from 'vitest';
import { sessionCookie, sessionOf, sessionOfCookie, withSession } from './session-id.ts';

const ID = 'AAAABBBB_CCC-DDD';

describe('the id of a player', () => {
  it.each([
    [`session=${ID}`, ID],
    [`token=x&session=${ID}&redirected=4`, ID],
    [`other_session=${ID}`, undefined],
    [`mysession=1&session=${ID}`, ID],
    ['session=short', undefined],
    [`session=${ID}x`, undefined],
    ['session=%41AAABBBBCCCCDDD', undefined],
    ['', undefined],
  ])('is found in the query %s', (query, id) => {
    expect(sessionOf(query)).toBe(id);
  });

  it('replaces others, and keeps what came with it', () => {
    expect(withSession('token=a%20b&session=old&redirected=3', ID)).toBe(
      `token=a%20b&redirected=3&session=${ID}`,
    );
    expect(withSession('', ID)).toBe(`session=${ID}`);
  });

  it('comes back as a cookie', () => {
    const cookie = sessionCookie(ID, '/live/news.m3u8', false);
    expect(cookie).toBe(
      `streamcluster_session=${ID}; Path=/live/news.m3u8; HttpOnly; SameSite=Lax`,
    );
    expect(sessionCookie(ID, '/', true)).toContain('SameSite=None; Secure');
    expect(sessionOfCookie(`a=b; streamcluster_session=${ID}; c=d`)).toBe(ID);
    expect(sessionOfCookie(`xstreamcluster_session=${ID}`)).toBeUndefined();
    expect(sessionOfCookie('streamcluster_session=no')).toBeUndefined();
  });
});
