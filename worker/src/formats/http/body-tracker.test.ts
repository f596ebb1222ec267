import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyTracker } from './body-tracker.ts';
import { RequestHead } from './request-head.ts';

function tracker(contentLength?: number): BodyTracker {
  const head = new RequestHead();
  head.bodyKind = contentLength === undefined ? 'chunked' : 'length';
  head.contentLength = contentLength ?? 0;
  const body = new BodyTracker();
  body.start(head);
  return body;
}

/** How many bytes belong to the body; the text goes on behind it. */
function length(body: BodyTracker, text: string, size: number): number | 'failed' | 'open' {
  const bytes = Buffer.from(text, 'latin1');
  let at = 0;
  while (at < bytes.length && !body.isDone && !body.isFailed) {
    at = body.push(bytes, at, Math.min(bytes.length, at + size));
  }
  if (body.isFailed) return 'failed';
  return body.isDone ? at : 'open';
}

function chunked(chunks: readonly string[]): string {
  const parts = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `${parts.join('')}0\r\n\r\n`;
}

describe('BodyTracker', () => {
  it('counts a body of known length', () => {
    expect(length(tracker(5), 'helloGET /', 3)).toBe(5);
    expect(length(tracker(50), 'hello', 3)).toBe('open');
    expect(tracker(0).isDone).toBe(true);
  });

  it('finds the end of any chunked body, however it is split', () => {
    const chunk = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(chunk), fc.integer({ min: 1, max: 400 }), (chunks, size) => {
        const body = chunked(chunks);
        expect(length(tracker(), `${body}GET / HTTP/1.1`, size)).toBe(body.length);
      }),
    );
  });

  it.each([
    '3;name=value\r\nabc\r\n0\r\n\r\n',
    '00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n',
    '3\r\nabc\r\n0;a\r\n\r\n',
  ])('takes %j', (text) => {
    expect(length(tracker(), `${text}next`, 1)).toBe(text.length);
  });

  it.each([
    '\r\n',
    'x\r\n',
    '-1\r\n',
    '123456789\r\n',
    '3 \r\nabc\r\n',
    '3\nabc\r\n',
    '3\r\nabcd\r\n',
    '3\r\nabc\n',
    '0\r\n\n',
    `3;${'x'.repeat(300)}\r\n`,
    `0\r\n${'x'.repeat(300)}\r\n\r\n`,
    `0\r\n${'a: b\r\n'.repeat(30)}\r\n`,
  ])('refuses %j', (text) => {
    expect(length(tracker(), text, 1)).toBe('failed');
    expect(length(tracker(), text, 1000)).toBe('failed');
  });
});
