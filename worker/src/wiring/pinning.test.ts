import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NatsServer } from '../cluster/testing/nats-server.ts';
import { parseAllowed } from '../topology/allowed.ts';
import { makeSysfs } from '../topology/testing/sysfs.ts';
import { RealWorker } from './testing/real-worker.ts';

const TIMEOUT_MS = 90_000;
/** Loop, collector, pool, signals: fewer would mean that some were not seen. */
const THREADS_MIN = 6;

/** CPUs of this process: those of the workers that it starts. */
const OURS = parseAllowed(readFileSync('/proc/self/status', 'utf8'))!.cpus;

describe('a worker with SC_PIN=auto', { timeout: TIMEOUT_MS }, () => {
  let nats: NatsServer;
  let sysfs: string;
  let worker: RealWorker | undefined;

  beforeAll(async () => {
    nats = await NatsServer.start();
    sysfs = makeSysfs('two-nodes');
  }, TIMEOUT_MS);
  afterAll(async () => {
    await nats.close();
    rmSync(sysfs, { recursive: true, force: true });
  });
  afterEach(async () => await worker?.stop());

  async function start(flags: Record<string, string>): Promise<RealWorker> {
    worker = new RealWorker('w-0', { nats: nats.url, bucket: 'pinning', pin: 'auto', ...flags });
    return await worker.ready();
  }

  it('keeps every other thread off its loop, when others own the rest of the machine', async () => {
    const started = await start({ 'sysfs-root': sysfs });
    const { pid } = started;
    const facts = { allowedCpus: OURS, isExclusive: true, loopCpu: OURS[0] };
    expect(started.line('worker ready')).toMatchObject(facts);
    const loop: unknown = await (await fetch(started.adminUrl('debug/loop'))).json();
    expect(loop).toMatchObject({ cpu: facts, affinity: [OURS[0]] });
    const tasks = readdirSync(`/proc/${pid}/task`).map(Number);
    expect(tasks.length).toBeGreaterThanOrEqual(THREADS_MIN);
    for (const task of tasks) {
      const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
      const cpus = parseAllowed(status)?.cpus;
      if (task === pid) expect(cpus).toEqual([OURS[0]]);
      else if (OURS.length > 1) expect(cpus).not.toContain(OURS[0]);
    }
  });

  it('leaves threads alone on a machine of its own', async () => {
    const whole = await start({});
    const isWhole = whole.line('worker ready')?.['isExclusive'] === false;
    // Where the tests themselves run in a cpuset, it is one more case of the above.
    expect(whole.line('worker ready')?.['loopCpu']).toBe(isWhole ? undefined : OURS[0]);
  });
});
