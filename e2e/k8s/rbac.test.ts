import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources, type KubeObject, type Resource } from '../../operator/src/kube/mod.ts';
import { eventuallyTrue } from '../src/harness/eventually.ts';
import { scratchFolder } from '../src/harness/paths.ts';
import { render, type Rule } from './chart-helm.ts';
import type { AuditEvent } from './harness/audit-log.ts';
import { FakeWorkers } from './harness/fake-workers.ts';
import { OperatorRig, SYSTEM } from './harness/operator-rig.ts';

const NAMESPACE = 'one';
const SPEC = { worker: { cpus: 1, memory: '256Mi' }, drain: { lingerSeconds: 1 } };
const LONG_MS = 600_000;
/** The Secret of a pod that is gone is kept for two minutes. */
const SWEPT_MS = 240_000;
/** An admission plugin asks for it, so it is in nobody's log. The next test shows its use. */
const UNSEEN = 'streamclusters/finalizers';

/** Names of roles that are not for users. */
const OPERATORS = /-(operator|streamclusters|nodes)$/;

/** One verb on one resource, in one place. */
interface Right {
  readonly place: string;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly names: readonly string[];
}

const ADMIN = 'a-token-of-an-admin-0123456789';
const VIEWER = 'a-token-of-a-viewer-0123456789';

const SCOPES: readonly (readonly [string, object, Readonly<Record<string, string>>])[] = [
  ['cluster', {}, {}],
  [
    'namespaced',
    { rbac: { scope: 'namespaced' }, watchNamespaces: [NAMESPACE] },
    { namespaces: NAMESPACE },
  ],
];

describe.each(SCOPES)('rights of scope %s', (scope, values, flags) => {
  let rig: OperatorRig;
  let workers: FakeWorkers;
  beforeAll(async () => {
    rig = await OperatorRig.start({ level: 'kwok', values, namespaces: [NAMESPACE] });
    await rig.cluster.addFakeNodes(2);
    const { nats, cluster } = rig;
    workers = await FakeWorkers.start({ kubeconfig: cluster.kubeconfig, natsUrl: nats.url });
  });
  afterAll(async () => {
    await workers.stop();
    await rig.stop();
  });

  it('are enough for all that an operator does, and no more', async () => {
    await live(rig, workers, flags);
    const rights = await rightsOf(values);
    await eventuallyTrue('old Secrets removed', SWEPT_MS, () => {
      return rig.audit.all().some((one) => isOf(one, 'delete', 'secrets'));
    });
    const events = rig.audit.all();
    const rows = rights.map((right) => [right, events.filter((one) => uses(one, right)).length]);
    console.log(table(scope, rows as [Right, number][]));
    const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    const unused = rows.filter(([, count]) => count === 0).map(([right]) => right);
    expect(unused).toEqual([]);
  });

  it('are one more with a login, which is for its button and used', async () => {
    const withLogin = { ...values, console: { auth: { secretName: 'tokens' } } };
    const without = new Set((await rightsOf(values)).map(nameOf));
    const more = (await rightsOf(withLogin)).filter((right) => !without.has(nameOf(right)));
    const place = scope === 'cluster' ? '' : NAMESPACE;
    expect(more.map(nameOf)).toEqual([`patch streamclusters/scale ${place}`]);

    await rig.stopOperators();
    const user = await loggedIn(rig, flags);
    expect(await user('PUT', '/replicas', ADMIN, { replicas: 3 })).toBe('409 ACTION_REFUSED');
    await rig.installRights(withLogin);
    const sinceMs = Date.now();
    expect(await user('PUT', '/replicas', VIEWER, { replicas: 3 })).toBe('403 ROLE_INSUFFICIENT');
    expect(await user('PUT', '/replicas', ADMIN, { replicas: 3 })).toBe('204');
    await rig.until(
      '3 ready',
      async () => (await rig.status('live', NAMESPACE)).readyReplicas === 3,
    );
    // As above: it would else be gone before its drain is taken back.
    await workers.set({}, { drainMs: LONG_MS });
    const [pod] = await rig.pods('live', NAMESPACE);
    const drain = `/workers/${pod!.metadata.name}/drain`;
    expect(await user('PUT', drain, VIEWER)).toBe('403 ROLE_INSUFFICIENT');
    expect(await user('PUT', drain, ADMIN)).toBe('204');
    expect(await user('DELETE', drain, ADMIN)).toBe('204');
    await workers.set({}, { drainMs: null });
    const events = rig.audit.since(sinceMs);
    expect(events.filter((one) => isOf(one, 'patch', 'streamclusters/scale')).length).toBe(1);
    expect(events.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
  });

  it('would not be enough without the one on finalizers', async () => {
    const { cluster } = rig;
    const kind = scope === 'cluster' ? 'clusterrole' : 'role';
    const name = scope === 'cluster' ? `${SYSTEM}-sc-operator` : 'sc-streamclusters';
    const at = [kind, name, '--namespace', NAMESPACE];
    type Role = { readonly rules: readonly Rule[] };
    const { rules } = await cluster.kubectlJson<Role>('get', ...at);
    const fewer = rules.filter((rule) => !rule.resources.includes(UNSEEN));
    const patch = JSON.stringify({ rules: fewer });
    await cluster.kubectl('patch', ...at, '--type=merge', '-p', patch);
    await rig.apply('owner', { ...SPEC, fixed: { replicas: 1 } }, NAMESPACE);
    const { message } = await rig.reason('owner', 'Ready', 'Forbidden', NAMESPACE);
    expect(message).toContain('cannot set blockOwnerDeletion');
  });
});

/** A life in which everything happens that the operator is there for. */
async function live(
  rig: OperatorRig,
  workers: FakeWorkers,
  flags: Readonly<Record<string, string>>,
): Promise<void> {
  await takeNames(rig);
  await rig.startOperator('operator-1', flags);
  await rig.startOperator('operator-2', flags);
  await scale(rig, 3);
  await scale(rig, 1);
  await scale(rig, 2);
  await editAll(rig);
  // A drained worker would else be gone before its drain is taken back.
  await workers.set({}, { drainMs: LONG_MS });
  await drainTwice(rig);
  await workers.set({}, { drainMs: null });
  await cordon(rig);
  await giveCredentials(rig);
  await spoilAuthority(rig);
  await rig.apply(
    'live',
    { ...SPEC, fixed: { replicas: 2 }, streams: { maxLagSeconds: 9 } },
    NAMESPACE,
  );
  await rig.remove('taken', NAMESPACE);
}

/** Names that somebody else has are only looked at. */
async function takeNames({ client }: OperatorRig): Promise<void> {
  const of = (name: string): object => ({ namespace: NAMESPACE, name });
  const selector = { matchLabels: { app: 'other' } };
  const others: readonly (readonly [Resource<KubeObject>, object])[] = [
    [resources.services, { metadata: of('taken'), spec: { ports: [{ port: 80 }] } }],
    [resources.serviceAccounts, { metadata: of('taken-workers') }],
    [resources.podDisruptionBudgets, { metadata: of('taken-workers'), spec: { selector } }],
    [resources.networkPolicies, { metadata: of('taken-workers'), spec: { podSelector: selector } }],
  ];
  for (const [resource, object] of others) await client.create(resource, object);
}

async function scale(rig: OperatorRig, replicas: number): Promise<void> {
  await rig.apply('live', { ...SPEC, fixed: { replicas } }, NAMESPACE);
  await rig.until(`${replicas} ready`, async () => {
    const { readyReplicas, draining } = await rig.status('live', NAMESPACE);
    return readyReplicas === replicas && draining === 0;
  });
}

/** What somebody edits is put right. */
async function editAll(rig: OperatorRig): Promise<void> {
  await rig.apply('taken', { ...SPEC, fixed: { replicas: 0 } }, NAMESPACE);
  await rig.until('names found taken', () => {
    const plurals = ['services', 'serviceaccounts', 'poddisruptionbudgets', 'networkpolicies'];
    return plurals.every((plural) => rig.audit.all().some((one) => isOf(one, 'get', plural)));
  });
  const name = 'live-workers';
  const edits: readonly (readonly [Resource<KubeObject>, object])[] = [
    [resources.services, { spec: { selector: { app: 'other' } } }],
    [resources.serviceAccounts, { automountServiceAccountToken: true }],
    [resources.podDisruptionBudgets, { spec: { minAvailable: 1 } }],
    [resources.networkPolicies, { spec: { ingress: [{}] } }],
  ];
  for (const [resource, edit] of edits) {
    const target = { namespace: NAMESPACE, name };
    await rig.client.patch(resource, target, edit as Readonly<Record<string, unknown>>);
    await rig.until(`${resource.plural} put right`, () => {
      return rig.audit.all().some((one) => isOf(one, 'patch', resource.plural));
    });
  }
  const [secret] = (await rig.pods('live', NAMESPACE)).map(({ metadata }) => metadata.name);
  await rig.client.delete(resources.secrets, { namespace: NAMESPACE, name: secret! });
}

/** The same is said twice: the Event is counted up. */
async function drainTwice(rig: OperatorRig): Promise<void> {
  const [pod] = await rig.pods('live', NAMESPACE);
  const target = { namespace: NAMESPACE, name: pod!.metadata.name };
  for (const drain of ['Test', null, 'Test', null]) {
    const metadata = { annotations: { 'streamcluster.dev/drain': drain } };
    await rig.client.patch(resources.pods, target, { metadata });
    await rig.until('accepting or not', async () => {
      const { metadata: now } = await rig.client.get(resources.pods, target);
      return now.labels?.['streamcluster.dev/accepting'] === String(drain === null);
    });
  }
  await rig.until('Event counted up', () => {
    return rig.audit.all().some((one) => isOf(one, 'patch', 'events'));
  });
}

async function cordon(rig: OperatorRig): Promise<void> {
  await scale(rig, 2);
  const [pod] = await rig.pods('live', NAMESPACE);
  const node = pod?.spec?.nodeName ?? '';
  await rig.cluster.kubectl('cordon', node);
  await rig.until('node emptied', async () => {
    const pods = await rig.pods('live', NAMESPACE);
    return pods.length >= 2 && pods.every(({ spec }) => spec?.nodeName !== node);
  });
  await rig.cluster.kubectl('uncordon', node);
}

async function giveCredentials(rig: OperatorRig): Promise<void> {
  const data = { 'nats.creds': Buffer.from('given').toString('base64') };
  const metadata = { namespace: NAMESPACE, name: 'ours' };
  await rig.client.create(resources.secrets, { metadata, data });
  const nats = { credentialsSecretName: 'ours' };
  await rig.apply('given', { ...SPEC, fixed: { replicas: 1 }, nats }, NAMESPACE);
  await rig.somePods('given', 1, NAMESPACE);
}

/** What does not belong into the Secret of the CA is taken out. */
async function spoilAuthority(rig: OperatorRig): Promise<void> {
  const target = { namespace: SYSTEM, name: 'sc-ca' };
  const data = { junk: Buffer.from('junk').toString('base64') };
  await rig.client.patch(resources.secrets, target, { data });
  await rig.until('CA cleaned', async () => {
    const secret = await rig.client.get(resources.secrets, target);
    return !Object.hasOwn(secret.data ?? {}, 'junk');
  });
}

type User = (
  method: 'PUT' | 'DELETE',
  path: string,
  token: string,
  body?: object,
) => Promise<string>;

/** Somebody who asks an operator with a login, about `live`: `204`, or `403 ROLE_INSUFFICIENT`. */
async function loggedIn(rig: OperatorRig, flags: Readonly<Record<string, string>>): Promise<User> {
  const folder = scratchFolder('console-auth');
  fs.writeFileSync(path.join(folder, 'admin'), `${ADMIN}\n`);
  fs.writeFileSync(path.join(folder, 'viewer'), `${VIEWER}\n`);
  const login = { ...flags, 'console-auth-dir': folder };
  const operator = await rig.startOperator('operator-3', login);
  await rig.leader([operator]);
  return async (method, target, token, body) => {
    const url = `${operator.apiUrl}/api/v1/clusters/${NAMESPACE}/live${target}`;
    const answer = await fetch(url, {
      method,
      headers: {
        ...{ authorization: `Bearer ${token}`, 'x-streamcluster-request': 'test' },
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const { code = '' } = text === '' ? {} : (JSON.parse(text) as { code?: string });
    return `${answer.status} ${code}`.trim();
  };
}

async function rightsOf(values: object): Promise<Right[]> {
  const nats = { install: false, url: 'nats://nats:4222' };
  const roles = (await render({ nats, ...values })).filter(
    ({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && OPERATORS.test(metadata.name),
  );
  return roles
    .flatMap(({ metadata, rules = [] }) => {
      return rules.flatMap((rule) => expanded(rule, metadata.namespace ?? ''));
    })
    .filter(({ resource }) => resource !== UNSEEN);
}

function expanded(rule: Rule, place: string): Right[] {
  const { apiGroups, resources: plurals, verbs, resourceNames: names = [] } = rule;
  return apiGroups.flatMap((group) =>
    plurals.flatMap((resource) => verbs.map((verb) => ({ place, group, resource, verb, names }))),
  );
}

function nameOf({ verb, resource, place }: Right): string {
  return `${verb} ${resource} ${place}`;
}

function uses(event: AuditEvent, { place, group, resource, verb, names }: Right): boolean {
  const { apiGroup = '', namespace = '', name = '' } = event.objectRef ?? {};
  const isThere = place === '' ? namespace !== SYSTEM : namespace === place;
  const isNamed = names.length === 0 || names.includes(name);
  return isOf(event, verb, resource) && apiGroup === group && isThere && isNamed;
}

function isOf({ verb, objectRef = {} }: AuditEvent, wanted: string, what: string): boolean {
  const { resource = '', subresource } = objectRef;
  return verb === wanted && what === (subresource ? `${resource}/${subresource}` : resource);
}

function table(scope: string, rows: readonly (readonly [Right, number])[]): string {
  const lines = rows.map(([{ place, group, resource, verb }, count]) => {
    const where = place === '' ? 'all namespaces' : place;
    return `${String(count).padStart(6)}  ${verb.padEnd(7)} ${resource}${group && `.${group}`} (${where})`;
  });
  return [`scope ${scope}: requests by right`, ...lines].join('\n');
}
