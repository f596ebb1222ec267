import { pino } from 'pino';
import { expect, it } from 'vitest';
import { parseOptions } from '../options.ts';
import { WorkerProcess } from './worker-process.ts';

it('ends at once when it is asked to before it could serve anybody', async () => {
  const options = parseOptions(['--id', 'w-0', '--nats', 'nats://127.0.0.1:1'], {});
  const told: string[] = [];
  const worker = new WorkerProcess(options, pino({ level: 'silent' }), {
    onDrained: () => told.push('drained'),
    onFailed: () => told.push('failed'),
  });
  worker.drain('Signal');
  expect(told).toEqual(['drained']);
  await worker.stop();
});
