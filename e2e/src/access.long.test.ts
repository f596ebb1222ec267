import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckedCrowd } from './clients/checked-crowd.ts';
import { DecidingServer } from './clients/deciding-server.ts';
import { FlvViewer } from './clients/flv.ts';
import { metric, scrape } from './clients/metrics.ts';
import { publishMany } from './clients/load-generator.ts';
import { EC, jwks, NEXT_EC, token } from './clients/tokens.ts';
import type { Child } from './harness/child.ts';
import { TestCluster, writeResource } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';
import { residentBytes } from './harness/procfs.ts';

const APP = 'long';
const STREAMS = 4;
const HANGS_MS = 10_000;
const NEWCOMERS_PER_SECOND = 20;
/** Two tries of two seconds each, and as long to wait for a turn. */
const ANSWER_MS = 7_000;
const CUT_MS = 5_000;
const WRONG_LOGINS = 10_000;

interface LogLine {
  readonly msg: string;
  readonly time: number;
  readonly reason?: string;
}

describe('under load', { timeout: 300_000 }, () => {
  let server: DecidingServer;
  let cluster: TestCluster;
  let load: Child | undefined;

  beforeEach(async () => {
    server = await DecidingServer.start();
  });
  afterEach(async () => {
    await load?.stop();
    server.close();
    await cluster.stop();
  });

  async function start(play: object, jwt?: object): Promise<void> {
    const access = { rules: [{ apps: [APP], ...(jwt && { jwt }), play }] };
    cluster = await TestCluster.start('access-long', { replicas: 1, access });
    load = await publishMany({ port: cluster.rtmpPort, count: STREAMS, app: APP, seconds: 280 });
    await cluster.live(`${APP}/s-0`);
  }

  function crowd(viewers: number, query: string, host?: string): Promise<CheckedCrowd> {
    const plan = { app: APP, streams: STREAMS, hot: 0, leave: 0, within: 5, seconds: 200 };
    const where = { port: cluster.httpPort, ...(host !== undefined && { host }) };
    return CheckedCrowd.come({ ...plan, ...where, viewers, query });
  }

  async function tickLag(): Promise<{ p99Ms: number }> {
    const [port = 0] = cluster.adminPorts();
    const answer = await fetch(`http://127.0.0.1:${port}/debug/loop`);
    const { sinceLastLook } = (await answer.json()) as {
      sinceLastLook: { tickLag: { p99Ms: number } };
    };
    return sinceLastLook.tickLag;
  }

  function logged(msg: string): LogLine[] {
    return cluster
      .workerLog()
      .filter((line) => line.includes(`"msg":"${msg}"`))
      .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as LogLine);
  }

  /** How long after `since` the last of so many sessions was cut. */
  async function cutAfterMs(count: number, since: number): Promise<number> {
    const cut = (): LogLine[] => logged('session cut').filter(({ time }) => time >= since);
    await eventuallyTrue(`${count} are cut`, 30_000, () => cut().length >= count);
    return Math.max(...cut().map(({ time }) => time)) - since;
  }

  it('a callback that hangs costs those who watch nothing', async () => {
    const callback = { url: server.url('/ask'), timeoutSeconds: 2, keepAllowedSeconds: 1 };
    await start({ callback });
    const watching = await crowd(1_000, 'v=1');
    await tickLag();
    server.isHanging = true;
    const newcomers: FlvViewer[] = [];
    for (let i = 0; i < (HANGS_MS / 1000) * NEWCOMERS_PER_SECOND; i += 1) {
      const path = `/${APP}/s-0.flv?v=${i}new`;
      newcomers.push(new FlvViewer({ port: cluster.httpPort, path }));
      await sleep(1000 / NEWCOMERS_PER_SECOND);
    }
    await sleep(ANSWER_MS);
    const { p99Ms } = await tickLag();
    const statuses = newcomers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([503]));
    const report = await watching.leave();
    console.log(
      `a callback hung for ${HANGS_MS / 1000} s: ${statuses.length} newcomers were answered 503, ${JSON.stringify(report)}, tick lag p99 ${p99Ms} ms`,
    );
    expect(report).toMatchObject({ came: 1_000, cut: 0, wrong: 0 });
    for (const newcomer of newcomers) newcomer.close();
  });

  it('10,000 wrong logins cost those who watch nothing, and are all counted', async () => {
    server.jwks = jwks([EC.publicKey, 'first']);
    await start({ credentials: ['Jwt'] }, { jwksUrl: server.url('/keys') });
    const good = token({ key: EC.privateKey, id: 'first', streams: [`${APP}/*`] });
    const watching = await crowd(500, `token=${good}`);
    const [pid = 0] = cluster.workerPids();
    const before = residentBytes(pid);
    await tickLag();
    let next = 0;
    const login = async (): Promise<void> => {
      while (next < WRONG_LOGINS) {
        const kid = next++ % 2 === 0 ? 'first' : `none-${next}`;
        const forged = token({ key: NEXT_EC.privateKey, id: kid, streams: [`${APP}/*`] });
        const answer = await fetch(`${cluster.httpUrl(`${APP}/s-0`, 'flv')}?token=${forged}`);
        expect(answer.status).toBe(401);
        await answer.text();
      }
    };
    await Promise.all(Array.from({ length: 50 }, login));
    const { p99Ms } = await tickLag();
    const [port = 0] = cluster.adminPorts();
    const counted = metric(
      await scrape(port),
      'streamcluster_refusals_total',
      'ACCESS_TOKEN_INVALID',
    );
    const grownMb = (residentBytes(pid) - before) / 2 ** 20;
    const report = await watching.leave();
    console.log(
      `${counted} wrong logins: ${JSON.stringify(report)}, tick lag p99 ${p99Ms} ms, memory grew by ${grownMb.toFixed(0)} MB`,
    );
    expect(counted).toBe(WRONG_LOGINS);
    expect(report).toMatchObject({ came: 500, cut: 0, wrong: 0 });
    expect(grownMb).toBeLessThan(150);
    // Unknown keys are looked for once in ten seconds, whoever asks.
    expect(server.keysRead).toBeLessThan(20);
  });

  it('keys that rotate and rules that change cut whom they concern, and nobody else', async () => {
    const third = { key: EC.privateKey, id: 'third' };
    const query = (key: typeof third): string =>
      `token=${token({ ...key, streams: [`${APP}/*`] })}`;
    const [first, second] = [
      { ...third, id: 'first' },
      { key: NEXT_EC.privateKey, id: 'second' },
    ];
    server.jwks = jwks([EC.publicKey, 'first'], [NEXT_EC.publicKey, 'second']);
    const jwt = { jwksUrl: server.url('/keys'), jwksRefreshSeconds: 10 };
    const play = { credentials: ['Jwt'] };
    await start(play, jwt);
    const old = await crowd(300, query(first));
    const stays = await crowd(300, query(second));
    const far = await crowd(300, query(second), '::1');

    server.jwks = jwks([NEXT_EC.publicKey, 'second'], [EC.publicKey, 'third']);
    await eventuallyTrue('the rotation is seen', 15_000, () => logged('JWKS read').length === 2);
    const rotated = await cutAfterMs(300, logged('JWKS read').at(-1)?.time ?? 0);
    const fresh = await crowd(50, query(third));

    const changedAtMs = Date.now();
    const access = { rules: [{ apps: [APP], jwt, play: { ...play, deny: ['::1/128'] } }] };
    writeResource(cluster.resourceFile, { replicas: 1, access });
    const changed = await cutAfterMs(300, changedAtMs);

    const reports = await Promise.all([old, stays, far, fresh].map((each) => each.leave()));
    console.log(
      `keys rotated: the last of 300 was cut ${rotated} ms after they were read; rules changed: the last of 300 was cut ${changed} ms after the file was written; ${JSON.stringify(reports.map(({ came, cut, wrong }) => ({ came, cut, wrong })))}`,
    );
    expect(Math.max(rotated, changed)).toBeLessThan(CUT_MS);
    const [ofOld, ofStays, ofFar, ofFresh] = reports;
    expect([ofOld?.cut, ofFar?.cut]).toEqual([300, 300]);
    expect(ofStays).toMatchObject({ came: 300, cut: 0, wrong: 0 });
    expect(ofFresh).toMatchObject({ came: 50, cut: 0, wrong: 0 });
  });
});
