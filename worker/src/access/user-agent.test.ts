import { describe, expect, it } from 'vitest';
import { cleanUserAgent } from './user-agent.ts';

describe('cleanUserAgent', () => {
  it('writes out what could pass for something else in a log or a terminal', () => {
    expect(cleanUserAgent('a\r\nb\u001b[2J\u009bc\u2028')).toBe(
      'a\\u000d\\u000ab\\u001b[2J\\u009bc\\u2028',
    );
    expect(cleanUserAgent('<script>alert("é")</script>')).toBe('<script>alert("é")</script>');
  });

  it('keeps 256 characters, and each text once', () => {
    expect(cleanUserAgent('x'.repeat(9_000))).toBe('x'.repeat(256));
    // None of them half.
    const told = Buffer.from(cleanUserAgent(`${'x'.repeat(255)}😀`)).toString();
    expect(told).toBe(cleanUserAgent(`${'x'.repeat(255)}😀`));
    for (let i = 0; i < 3_000; i++) expect(cleanUserAgent(`agent ${i}`)).toBe(`agent ${i}`);
  });
});
