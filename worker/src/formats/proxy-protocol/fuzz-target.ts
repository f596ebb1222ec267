import type { FuzzTarget } from '../../media/fuzz-target.ts';
import { readProxyHeader } from './reader.ts';

const TEXTS = [
  'PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET /',
  'PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n',
  'PROXY UNKNOWN\r\n',
];
const SIGNATURE = '0d0a0d0a000d0a515549540a';
const BINARIES = [
  `${SIGNATURE}2111000cc0000201c6336401dc0401bb`,
  `${SIGNATURE}21210024${'20010db8'.padEnd(31, '0')}1${'20010db8'.padEnd(31, '0')}2dc0401bb`,
  `${SIGNATURE}20000000`,
  `${SIGNATURE}21110013c0000201c6336401dc0401bb0300041234abcd`,
];

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'proxy-protocol/header',
    corpus: () => [
      ...TEXTS.map((text) => Buffer.from(text)),
      ...BINARIES.map((text) => Buffer.from(text, 'hex')),
    ],
    run: (input) => void readProxyHeader(input, 0, input.length),
  },
];
