import fs from 'node:fs';
import { CLIP_SMALL, loadClip } from '@streamcluster/bench';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateProbe } from './clients/certificate-probe.ts';
import { CheckedCrowd } from './clients/checked-crowd.ts';
import { DecidingServer } from './clients/deciding-server.ts';
import { publishMany } from './clients/load-generator.ts';
import { metric, scrape } from './clients/metrics.ts';
import { TlsTunnel } from './clients/tls-tunnel.ts';
import { EC, jwks, NEXT_EC, token } from './clients/tokens.ts';
import { WssCrowd } from './clients/wss-crowd.ts';
import type { Child } from './harness/child.ts';
import { TestCluster, writeResource } from './harness/cluster.ts';
import { eventuallyTrue } from './harness/eventually.ts';

const APP = 'renew';
const STREAMS = 8;
const NAMES = ['127.0.0.1', '::1'];
const STAY = 200;
/** Of them one leaves each second, and another comes. */
const COME_AND_GO = 20;
const CUT_EACH = 50;
const BY_WEB_SOCKET = 50;
/** docs/tls.md: workers look every 10 s; and a moment for who is just connecting. */
const SHOWN_MS = 11_000;
const CUT_MS = 5_000;
const KNOWN_MS = 30_000;

interface LogLine {
  readonly msg: string;
  readonly time: number;
  readonly remoteAddress?: string;
}

/** Everything that may change while people watch changes at once, twice for the certificate. Publishers are
 * on RTMPS, viewers on HTTPS-FLV and WSS. */
describe('under load over TLS', { timeout: 240_000 }, () => {
  let server: DecidingServer;
  let cluster: TestCluster;
  let load: Child | undefined;
  let trusted: Buffer[];
  const tunnels: TlsTunnel[] = [];

  beforeEach(async () => {
    server = await DecidingServer.start();
    server.jwks = jwks([EC.publicKey, 'first'], [NEXT_EC.publicKey, 'second']);
    cluster = await TestCluster.start('renewal', {
      ...{ replicas: 1, certificateFor: NAMES, access: rules() },
    });
    trusted = [fs.readFileSync(cluster.certificateFile)];
    const { port } = await tunnel(cluster.rtmpsPort);
    load = await publishMany({ port, count: STREAMS, app: APP, seconds: 200 });
    await cluster.live(`${APP}/s-0`);
  }, 180_000);

  afterEach(async () => {
    await load?.stop();
    for (const one of tunnels) one.close();
    server.close();
    await cluster.stop();
  });

  function rules(deny?: readonly string[]): object {
    const jwt = { jwksUrl: server.url('/keys'), jwksRefreshSeconds: 10 };
    const play = { credentials: ['Jwt'], ...(deny !== undefined && { deny }) };
    return { rules: [{ apps: [APP], jwt, play }] };
  }

  async function tunnel(port: number, host = '127.0.0.1'): Promise<TlsTunnel> {
    const opened = await TlsTunnel.open({ host, port, trusted });
    tunnels.push(opened);
    return opened;
  }

  async function crowd(viewers: number, query: string, more: object = {}): Promise<CheckedCrowd> {
    const { host, leave = 0 } = more as { host?: string; leave?: number };
    const { port } = await tunnel(cluster.httpsPort, host);
    const plan = { app: APP, streams: STREAMS, hot: 0, within: 5, seconds: 180 };
    return CheckedCrowd.come({ ...plan, port, viewers, query, leave });
  }

  function logged(msg: string): LogLine[] {
    return cluster
      .workerLog()
      .filter((line) => line.includes(`"msg":"${msg}"`))
      .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as LogLine);
  }

  /** Renews, and waits until nobody has been shown the old one for a while. */
  async function renew(probes: readonly CertificateProbe[]): Promise<number> {
    const old = trusted.at(-1) ?? Buffer.alloc(0);
    const renewedAtMs = Date.now();
    const next = cluster.renewCertificate(NAMES);
    trusted.push(next);
    await eventuallyTrue('the new certificate is shown at both ports', KNOWN_MS, () => {
      return probes.every((probe) => {
        return (probe.lastSeen(next) ?? 0) > (probe.lastSeen(old) ?? Infinity) + 1_000;
      });
    });
    return Math.max(...probes.map((probe) => probe.lastSeen(old) ?? Infinity)) - renewedAtMs;
  }

  /** From the change that concerns it to the end of each session that was cut. */
  function cutDelaysMs(changedAtMs: number): number[] {
    const rotatedAtMs = logged('JWKS read').at(-1)?.time ?? 0;
    // Whom the rules deny is cut by them even where the keys come first.
    return logged('session cut').map(({ time, remoteAddress = '' }) => {
      return time - (remoteAddress.includes('::1') ? changedAtMs : rotatedAtMs);
    });
  }

  function lostPublishers(): readonly string[] {
    return load?.output.match(/^lost.*$/gm) ?? [];
  }

  it('certificate, keys and rules change, and nobody is dropped who is still allowed', async () => {
    const bearer = (key: 'first' | 'second'): string => {
      const { privateKey } = key === 'first' ? EC : NEXT_EC;
      return `token=${token({ key: privateKey, id: key, streams: [`${APP}/*`] })}`;
    };
    const old = await crowd(CUT_EACH, bearer('first'));
    const far = await crowd(CUT_EACH, bearer('second'), { host: '::1' });
    const stays = await crowd(STAY, bearer('second'));
    const passing = await crowd(COME_AND_GO, bearer('second'), { leave: 1 / COME_AND_GO });
    const urls = Array.from({ length: BY_WEB_SOCKET }, (_, i) => {
      return `${cluster.wssUrl(`${APP}/s-${i % STREAMS}`)}?${bearer('second')}`;
    });
    const sockets = new WssCrowd(urls, await loadClip(CLIP_SMALL), trusted);
    await eventuallyTrue('WSS viewers see something', KNOWN_MS, () => sockets.isComplete);
    const probes = [cluster.httpsPort, cluster.rtmpsPort].map(
      (port) => new CertificateProbe({ host: '127.0.0.1', port, trusted }),
    );
    await eventuallyTrue('the first certificate is shown', KNOWN_MS, () =>
      probes.every(({ connections }) => connections > 0),
    );

    const changedAtMs = Date.now();
    writeResource(cluster.resourceFile, {
      ...{ replicas: 1, certificateFor: NAMES, access: rules(['::1/128']) },
    });
    server.jwks = jwks([NEXT_EC.publicKey, 'second']);
    const shown = [await renew(probes)];
    await eventuallyTrue('the rotation is seen', KNOWN_MS, () => logged('JWKS read').length === 2);
    await eventuallyTrue('all are cut', KNOWN_MS, () => {
      return logged('session cut').length >= 2 * CUT_EACH;
    });
    shown.push(await renew(probes));

    await Promise.all(probes.map((probe) => probe.stop()));
    const cutAfterMs = cutDelaysMs(changedAtMs);
    const reports = await Promise.all([old, far, stays, passing].map((each) => each.leave()));
    const [ofOld, ofFar, ...ofOthers] = reports;
    const [port = 0] = cluster.adminPorts();
    const failures = metric(await scrape(port), 'streamcluster_tls_handshake_failures_total');
    const connections = probes.reduce((sum, probe) => sum + probe.connections, 0);
    console.log(
      `renewed twice: the old certificate was shown for ${shown.join(' and ')} ms more, to ${connections} newcomers beside; rules changed and keys rotated: the last of ${cutAfterMs.length} was cut after ${Math.max(...cutAfterMs)} ms; ${JSON.stringify(reports.map(({ came, left, cut: lost, wrong }) => ({ came, left, cut: lost, wrong })))}; ${BY_WEB_SOCKET} by WSS: longest gap ${sockets.longestGapMs.toFixed(0)} ms, faults ${sockets.faults.length}; publishers lost: ${lostPublishers().length}`,
    );
    expect(Math.max(...shown)).toBeLessThan(SHOWN_MS);
    expect(cutAfterMs).toHaveLength(2 * CUT_EACH);
    expect(Math.max(...cutAfterMs)).toBeLessThan(CUT_MS);
    expect([ofOld?.cut, ofFar?.cut]).toEqual([CUT_EACH, CUT_EACH]);
    for (const report of ofOthers) {
      expect(report.firstFaults).toEqual([]);
      expect(report).toMatchObject({ cut: 0, wrong: 0 });
    }
    expect(ofOthers.at(-1)?.left).toBeGreaterThan(10);
    expect(sockets.faults).toEqual([]);
    sockets.leave();
    expect(lostPublishers()).toEqual([]);
    expect([...tunnels, ...probes].flatMap(({ faults }) => faults)).toEqual([]);
    expect(failures).toBe(0);
    expect(logged('certificate for users read')).toHaveLength(3);
  });
});
