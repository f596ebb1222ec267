import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../plugin/src/run.ts';
import { MemoryIo } from '../../plugin/src/testing/memory-io.ts';
import { SYSTEM, type Installation } from './harness/installation.ts';
import { PortForward } from './harness/port-forward.ts';
import { ProxiedOperator, type Question } from './harness/proxied-operator.ts';
import { applySecret } from './harness/secrets.ts';

const SECRET = 'console-tokens';
const [ADMIN, NEW_ADMIN, VIEWER] = ['admin', 'new-admin', 'viewer'].map(
  (name) => `token-of-${name}-0123456789`,
) as [string, string, string];
const OPERATOR_PORT = 8088;
const READY_MS = 60_000;
const ARRIVED_MS = 110_000;
/** Pods that end are asked no more. */
const ENDPOINTS_MS = 20_000;

/** Where the API server is, on clusters that are ours. */
const IS_OURS = process.env['SC_E2E_KUBECONFIG'] === undefined;

/** Tests of page and API with a login, on a real API server; the StreamCluster has two workers. */
export function loginTests(name: string, given: () => Installation): void {
  const cluster = `/api/v1/clusters/default/${name}`;
  const replicas = `${cluster}/replicas`;
  let installation: Installation;
  /** Those who have the chart's roles for the operator's API, to read and to change things. */
  let reader: ProxiedOperator;
  let editor: ProxiedOperator;

  async function tokens(admin: string): Promise<void> {
    const entries = { admin, viewer: VIEWER };
    await applySecret(installation.cluster, SECRET, entries, { namespace: SYSTEM });
  }

  async function readyAfter(count: number): Promise<string> {
    return `${((await installation.ready(name, count, READY_MS)) / 1000).toFixed(1)} s`;
  }

  describe('a login of page and API', () => {
    beforeAll(async () => {
      installation = given();
      const of = (who: string, ...roles: string[]): Promise<ProxiedOperator> =>
        ProxiedOperator.as(installation.cluster, SYSTEM, who, roles);
      reader = await of('reader', 'sc-api-reader');
      editor = await of('editor', 'sc-api-reader', 'sc-api-editor');
    });

    it('is turned on as docs/console.md says, and costs no worker', async () => {
      const before = await installation.incarnations(name);
      expect(await reader.said(cluster, '')).toBe('200');
      expect(await editor.said(replicas, '', scaled(3))).toBe('403 ROLE_INSUFFICIENT');
      await tokens(ADMIN);
      const startMs = performance.now();
      await installation.install({ console: { auth: authValues(installation) } });
      await installation.until('a login is asked for', ENDPOINTS_MS, async () => {
        return (await reader.said(cluster, '')) === '401 LOGIN_REQUIRED';
      });
      console.log(`login turned on by helm upgrade after ${seconds(startMs)}`);
      expect(await reader.said(cluster, 'a-token-of-nobody-at-all')).toBe('401 LOGIN_REFUSED');
      expect(await reader.said(cluster, VIEWER)).toBe('200');
      expect(await installation.incarnations(name)).toEqual(before);
    });

    it('lets a viewer read, and an admin scale and drain, through the API server', async () => {
      expect(await reader.said(replicas, ADMIN, scaled(3))).toBe('403 Forbidden');
      expect(await editor.said(replicas, VIEWER, scaled(3))).toBe('403 ROLE_INSUFFICIENT');
      await installation.ready(name, 2, READY_MS);
      expect(await editor.said(replicas, ADMIN, scaled(3))).toBe('204');
      console.log(`an admin's 3 workers: ready after ${await readyAfter(3)}`);
      const [pod] = await installation.pods(name);
      const drain = `${cluster}/workers/${pod?.metadata.name ?? ''}/drain`;
      expect(await editor.said(drain, VIEWER, { method: 'PUT' })).toBe('403 ROLE_INSUFFICIENT');
      expect(await editor.said(drain, ADMIN, { method: 'PUT' })).toBe('204');
      const startMs = performance.now();
      await installation.until('the worker is replaced', READY_MS, async () => {
        const pods = await installation.pods(name);
        return pods.every(({ metadata }) => metadata.uid !== pod?.metadata.uid);
      });
      await readyAfter(3);
      console.log(`a worker that an admin drained: replaced after ${seconds(startMs)}`);
    });

    it('takes the plugin’s token', async () => {
      const at = ['--kubeconfig', installation.cluster.kubeconfig, '--operator-namespace', SYSTEM];
      const args = ['streams', name, '--namespace', 'default', ...at];
      const [without, shown] = [new MemoryIo(), new MemoryIo()];
      expect(await run(args, without)).toBe(1);
      expect(without.errors).toContain('the operator says');
      expect(await run([...args, '--operator-token', VIEWER], shown), shown.errors).toBe(0);
    });

    // Here the API server is the proxy.
    it.runIf(IS_OURS)('believes a proxy in front that is trusted', async () => {
      const as = (groups: string): Question => ({
        headers: { 'x-auth-user': 'ann', 'x-auth-groups': groups },
      });
      const asAdmin = { ...scaled(2), ...as('staff,video-admins') };
      const insufficient = '403 ROLE_INSUFFICIENT';
      expect(await reader.said(cluster, '', as('staff'))).toBe('200');
      expect(await reader.said(cluster, '', as('guests'))).toBe(insufficient);
      expect(await editor.said(replicas, '', { ...scaled(2), ...as('staff') })).toBe(insufficient);
      expect(await editor.said(replicas, '', asAdmin)).toBe('204');
      console.log(`2 workers, asked for by a proxy's user: ready after ${await readyAfter(2)}`);
    });

    it('opens the page by kubectl port-forward; its sessions end with the tokens', async () => {
      // It passes on what only the leader can do.
      const standby = await standbyOperator(installation);
      const at = [SYSTEM, `pod/${standby}`, OPERATOR_PORT] as const;
      const forward = await PortForward.start(installation.cluster, ...at);
      try {
        const page = new Page(forward.url);
        expect(await page.status('/')).toBe(200);
        // Nobody's proxy is on this way.
        const named = { 'x-auth-user': 'eve', 'x-auth-groups': 'video-admins' };
        expect(await page.status(cluster, { headers: named })).toBe(401);
        expect(await page.logIn(ADMIN)).toBe(200);
        const body = JSON.stringify({ replicas: 1 });
        const elsewhere = { origin: 'http://elsewhere.example' };
        const refused = await page.status(replicas, { method: 'PUT', body, headers: elsewhere });
        expect(refused).toBe(403);
        expect(await page.status(replicas, { method: 'PUT', body })).toBe(204);
        console.log(`1 worker, asked for on the page of ${standby}: after ${await readyAfter(1)}`);

        const startMs = performance.now();
        await tokens(NEW_ADMIN);
        await installation.until('the session is over', ARRIVED_MS, async () => {
          return (await page.status(cluster)) === 401;
        });
        console.log(`tokens changed: in force after ${seconds(startMs)}`);
        // Each operator has the Secret from a kubelet of its own, whichever is the first.
        await installation.until('the old token is nobody’s here', ARRIVED_MS, async () => {
          return (await page.logIn(ADMIN)) === 401;
        });
        expect(await page.logIn(NEW_ADMIN)).toBe(200);
        // Who leads is told by a kubelet of its own.
        await installation.until('the leader believes it', ARRIVED_MS, async () => {
          return (await page.status(cluster)) === 200;
        });
      } finally {
        await forward.stop();
      }
    });
  });
}

/** A browser, as far as the operator can tell. */
class Page {
  private readonly url: string;
  private cookie = '';

  constructor(url: string) {
    this.url = url;
  }

  async status(path: string, init: RequestInit = {}): Promise<number> {
    return (await this.ask(path, init)).status;
  }

  /** Keeps the session's cookie. */
  async logIn(token: string): Promise<number> {
    const body = JSON.stringify({ token });
    const { status, headers } = await this.ask('/api/v1/login', { method: 'POST', body });
    this.cookie = headers.get('set-cookie')?.split(';')[0] ?? this.cookie;
    return status;
  }

  private async ask(path: string, init: RequestInit): Promise<Response> {
    const headers = {
      ...{ 'x-streamcluster-request': 'page', origin: this.url, cookie: this.cookie },
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...(init.headers as Readonly<Record<string, string>> | undefined),
    };
    return await fetch(this.url + path, { ...init, headers });
  }
}

/** The API server is the proxy that is trusted. */
function authValues({ cluster }: Installation): object {
  return {
    ...{ secretName: SECRET, trustedProxies: [new URL(cluster.server).hostname] },
    ...{ userHeader: 'X-Auth-User', groupHeader: 'X-Auth-Groups' },
    ...{ adminGroups: ['video-admins'], viewerGroups: ['staff'] },
  };
}

function scaled(replicas: number): Question {
  return { method: 'PUT', body: { replicas } };
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** An operator that does not lead. */
async function standbyOperator({ cluster }: Installation): Promise<string> {
  const there = ['--namespace', SYSTEM];
  const holder = ['-o', 'jsonpath={.spec.holderIdentity}'];
  const leader = await cluster.kubectl('get', 'lease', 'sc-operator', ...there, ...holder);
  type List = { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
  const selector = ['-l', 'app.kubernetes.io/name=streamcluster-operator'];
  const { items } = await cluster.kubectlJson<List>('get', 'pods', ...there, ...selector);
  const found = items.find(({ metadata }) => metadata.name !== leader.split('_')[0]);
  if (found === undefined) throw new Error(`no operator but ${leader}`);
  return found.metadata.name;
}
