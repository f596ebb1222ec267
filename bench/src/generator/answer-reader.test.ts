import { describe, expect, it } from 'vitest';
import { AnswerReader } from './answer-reader.ts';

function reader() {
  const seen: string[] = [];
  const answers = new AnswerReader({
    onAnswer: (status, bytes) => seen.push(`${status} ${bytes}`),
    onBroken: (reason) => seen.push(reason),
  });
  return { seen, answers };
}

const FIRST = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde';
const SECOND = 'HTTP/1.1 404 Not Found\r\nServer: x\r\ncontent-length:0\r\n\r\n';

describe('AnswerReader', () => {
  const both = Buffer.from(FIRST + SECOND + FIRST);
  const wanted = [`200 ${FIRST.length}`, `404 ${SECOND.length}`, `200 ${FIRST.length}`];

  it('counts answers that come together', () => {
    const { seen, answers } = reader();
    answers.push(Buffer.concat([Buffer.from('xx'), both, Buffer.from('yy')]), 2, 2 + both.length);
    expect(seen).toEqual(wanted);
  });

  it.each([1, 2, 3, 7, 40])('counts answers in pieces of %d', (size) => {
    const { seen, answers } = reader();
    for (let at = 0; at < both.length; at += size) {
      answers.push(both, at, Math.min(both.length, at + size));
    }
    expect(seen).toEqual(wanted);
  });

  it.each([1, 3, 100])('hands on bodies in pieces of %d', (size) => {
    let bodies = '';
    const answers = new AnswerReader({
      onBody: (buf, start, end) => (bodies += buf.toString('latin1', start, end)),
      onAnswer: () => (bodies += '|'),
      onBroken: () => undefined,
    });
    for (let at = 0; at < both.length; at += size) {
      answers.push(both, at, Math.min(both.length, at + size));
    }
    expect(bodies).toBe('abcde||abcde|');
  });

  it('says what it cannot read', () => {
    const { seen, answers } = reader();
    const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    answers.push(chunked, 0, chunked.length);
    expect(seen[0]).toContain('without a length');
    const endless = reader();
    endless.answers.push(Buffer.alloc(9000, 'a'), 0, 9000);
    expect(endless.seen).toEqual(['endless head']);
  });
});
