import { describe, expect, it } from 'vitest';
import { withoutNulls } from './without-nulls.ts';

const NODE = {
  properties: {
    a: { properties: { b: { type: 'string' } } },
    list: { items: { properties: { b: { type: 'string' } } } },
    map: { additionalProperties: { type: 'string' } },
  },
};

describe('withoutNulls', () => {
  it.each([
    ['a member', { a: null }, {}],
    ['a deep member', { a: { b: null } }, { a: {} }],
    ['a value of a map', { map: { x: null, y: 'z' } }, { map: { y: 'z' } }],
    ['a member of an item', { list: [{ b: null }] }, { list: [{}] }],
  ])('takes away %s', (_what, value, expected) => {
    expect(withoutNulls(value, NODE)).toEqual(expected);
  });

  it.each([
    ['an item', { list: [null] }],
    ['what is not known', { c: null }],
    ['what is below something unknown', { c: { d: null } }],
    ['a field by the name of a method', { constructor: null }],
  ])('leaves %s', (_what, value) => {
    expect(withoutNulls(value, NODE)).toEqual(value);
  });

  it.each([null, undefined, 'x', 3])('leaves %s', (value) => {
    expect(withoutNulls(value, NODE)).toBe(value);
  });
});
