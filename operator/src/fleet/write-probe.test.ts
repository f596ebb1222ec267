import { describe, expect, it } from 'vitest';
import { WriteProbe } from './write-probe.ts';

describe('WriteProbe', () => {
  it('calls a bucket broken at the third failure in a row, and looks again after that', async () => {
    const fates = ['fail', 'fail', 'ok', 'fail', 'fail', 'fail', 'fail'];
    const bucket = {
      probe: () => (fates.shift() === 'ok' ? Promise.resolve() : Promise.reject(new Error('full'))),
    };
    const probe = new WriteProbe();
    const found: string[] = [];
    for (let look = 0; look < 7; look += 1) found.push(await probe.look(bucket));
    expect(found).toEqual([
      'failing',
      'failing',
      'well',
      'failing',
      'failing',
      'broken',
      'failing',
    ]);
  });

  it('never calls a bucket broken because it may not write there', async () => {
    const refused = Object.assign(new Error('no'), { name: 'PermissionViolationError' });
    const bucket = { probe: () => Promise.reject(new Error('failed', { cause: refused })) };
    const probe = new WriteProbe();
    for (let look = 0; look < 9; look += 1) expect(await probe.look(bucket)).toBe('unknown');
  });
});
