import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { Visit } from '../access/visit.ts';
import { openGate } from '../access/gate.ts';
import { streamName, type StreamName } from '../media/stream-name.ts';
import { Sessions, type Entry } from '../sessions/visitors.ts';
import { ManualClock } from '../stream/clock.ts';
import { openSessionSpans } from './session-spans.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const NAME = streamName('live', 'news') as StreamName;
const VISIT: Visit = {
  ...{ action: 'play', protocol: 'flv', name: NAME, address: '192.0.2.1', isEncrypted: false },
  ...{ query: 'token=secret', authorization: '', cookie: '', userAgent: 'vlc' },
  traceParent: `00-${TRACE}-${PARENT}-01`,
};

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly object[] };
    readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[];
  }[];
}

it('sends a span for each session that the caller samples, as a child of its own', async () => {
  const bodies: string[] = [];
  const collector = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void collector.close());
  const log = pino({ level: 'silent' });
  const spans = await openSessionSpans({
    endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`,
    attributes: { 'service.instance.id': 'w-0' },
    log,
  });
  const clock = new ManualClock();
  const sessions = new Sessions({ gate: openGate, clock, log });
  sessions.watch(spans);
  const play = (traceParent: string, reason: string): void => {
    const entry = sessions.enter({ ...VISIT, traceParent }) as Entry;
    const session = entry.open({ bytes: 7, skips: 0, expel: () => undefined });
    clock.advance(1_500);
    session.end(reason);
  };
  play(VISIT.traceParent, 'too-slow');
  play(`00-${TRACE}-${PARENT}-00`, 'connection');
  play('', 'connection');
  await spans.close();
  expect(bodies.join('')).not.toContain('secret');
  const [first] = bodies.map((body) => JSON.parse(body) as Sent);
  const sent = first?.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  expect(sent).toHaveLength(2);
  expect(sent[0]).toMatchObject({
    ...{ traceId: TRACE, parentSpanId: PARENT, name: 'play flv', status: { code: 2 } },
    attributes: expect.arrayContaining([
      { key: 'streamcluster.stream', value: { stringValue: 'live/news' } },
      { key: 'streamcluster.reason', value: { stringValue: 'too-slow' } },
    ]) as unknown,
  });
  const { startTimeUnixNano: from, endTimeUnixNano: to } = sent[0] as Record<string, string>;
  expect(BigInt(to ?? 0) - BigInt(from ?? 0)).toBe(1_500_000_000n);
  expect(sent[1]?.['traceId']).not.toBe(TRACE);
});
