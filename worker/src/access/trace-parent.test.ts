import { describe, expect, it } from 'vitest';
import { cleanTraceParent, parseTraceParent } from './trace-parent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('parseTraceParent', () => {
  it.each([
    `00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-00`,
    `cc-${TRACE}-${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01-what-comes-later`,
  ])('reads %s', (header) => {
    expect(parseTraceParent(header)).toEqual({ traceId: TRACE, parentId: PARENT });
    expect(cleanTraceParent(header)).toBe(header);
  });

  it.each([
    '',
    'nonsense',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `cc-${TRACE}-${PARENT}-01more`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01-${'x'.repeat(100)}`,
  ])('ignores %s', (header) => {
    expect(parseTraceParent(header)).toBeUndefined();
    expect(cleanTraceParent(header)).toBe('');
  });
});
