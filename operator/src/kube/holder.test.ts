import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holderIdentity, parseHolder } from './holder.ts';

describe('parseHolder', () => {
  it('reads what holderIdentity() writes', () => {
    const podName = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,30}[a-z0-9])?$/);
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(podName, host, fc.nat(65_535), (name, at, port) => {
        const holder = { podName: name, host: at, port };
        expect(parseHolder(holderIdentity(holder))).toEqual(holder);
      }),
    );
  });

  it('writes addresses as in URLs', () => {
    expect(holderIdentity({ podName: 'op-1', host: '10.0.0.7', port: 9092 })).toBe(
      'op-1_10.0.0.7:9092',
    );
    expect(holderIdentity({ podName: 'op-1', host: 'fd00::7', port: 9092 })).toBe(
      'op-1_[fd00::7]:9092',
    );
  });

  it.each([
    undefined,
    '',
    'op-1',
    'op-1_10.0.0.7',
    '_10.0.0.7:1',
    'op_::1:1',
    'op_h:65536',
    'op_h:',
  ])('takes %j for nobody', (identity) => {
    expect(parseHolder(identity)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseHolder(text)));
  });
});
