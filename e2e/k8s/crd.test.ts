import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { SCHEMA_ANNOTATION, schemaHash } from '../../operator/src/api/crd.ts';
import { parseStreamCluster } from '../../operator/src/api/parse.ts';
import { CHANGES } from '../../operator/src/api/testing/changes.ts';
import { resourceOf, type Refusal } from '../../operator/src/api/testing/fixture.ts';
import { FIXTURES } from '../../operator/src/api/testing/fixtures.ts';
import { type TestCluster, startCluster } from '../cluster/mod.ts';
import { eventuallyTrue } from '../src/harness/eventually.ts';
import { ROOT } from '../src/harness/paths.ts';
import { type Answer, CrdApi } from './crd-api.ts';
import { CRD_FILE } from './harness/crd.ts';

const PATIENCE_MS = 30_000;
const SAMPLES_FOLDER = path.join(ROOT, 'manifests/samples');
const SAMPLES = fs.readdirSync(SAMPLES_FOLDER);
const CRD = 'streamclusters.streamcluster.dev';

interface Definition {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly versions: readonly { readonly schema: unknown }[] };
  readonly status: { readonly conditions: readonly { type: string; status: string }[] };
}

let cluster: TestCluster;
let api: CrdApi;

beforeAll(async () => {
  cluster = await startCluster({ level: 'api' });
  api = new CrdApi(cluster);
  await cluster.kubectl('apply', '--server-side', '-f', CRD_FILE);
  await eventuallyTrue('StreamClusters are served', PATIENCE_MS, async () => {
    const { code } = await api.judge(resourceOf({ spec: { fixed: {} } }));
    return code === 201;
  });
});

afterAll(() => cluster.stop());

describe('the CRD', () => {
  it('is established, and structural', async () => {
    const { status } = await cluster.kubectlJson<Definition>('get', 'crd', CRD);
    const conditions = status.conditions.map(({ type, status: is }) => `${type}=${is}`);
    expect(conditions).toEqual(['NamesAccepted=True', 'Established=True']);
  });

  it('is kept whole: a server forgets what it does not know', async () => {
    const { spec, metadata } = await cluster.kubectlJson<Definition>('get', 'crd', CRD);
    const file = YAML.parse(fs.readFileSync(CRD_FILE, 'utf8')) as Definition;
    expect(spec.versions[0]?.schema).toEqual(file.spec.versions[0]?.schema);
    expect(metadata.annotations[SCHEMA_ANNOTATION]).toBe(schemaHash());
  });
});

describe('the API server', () => {
  it.each(FIXTURES.filter(({ refused }) => refused === undefined))(
    'accepts $name, with the same defaults',
    async (fixture) => {
      const given = resourceOf(fixture);
      const { code, body } = await api.judge(given);
      expect({ code, message: body.message }).toEqual({ code: 201 });
      expect(body.spec).toEqual(parseStreamCluster(YAML.stringify(given), 'x.yaml').spec);
    },
  );

  it.each(FIXTURES.filter(({ refused }) => refused !== undefined))(
    'refuses $name',
    async (fixture) => {
      expectRefusal(await api.judge(resourceOf(fixture)), fixture.refused!);
    },
  );

  it.each(SAMPLES)('accepts the sample %s', async (name) => {
    const file = path.join(SAMPLES_FOLDER, name);
    expect(await cluster.kubectl('apply', '--dry-run=server', '-f', file)).toContain('created');
  });

  it.each(CHANGES.map((change, index) => ({ ...change, index })))(
    'judges the change to $name',
    async ({ before, after, refused, index }) => {
      const metadata = { name: `change-${index}` };
      const created = await api.create(resourceOf({ spec: before, metadata }));
      expect(created).toMatchObject({ code: 201 });
      const { resourceVersion } = created.body.metadata;
      const answer = await api.judgeChange(metadata.name, {
        ...resourceOf({ spec: after }),
        metadata: { ...metadata, resourceVersion },
      });
      if (refused === undefined) expect(answer).toMatchObject({ code: 200 });
      else expectRefusal(answer, refused);
    },
  );
});

function expectRefusal({ code, body }: Answer, { field, because, isRule }: Refusal): void {
  const isUnknown = because === 'unknown field';
  expect(code).toBe(isUnknown ? 400 : 422);
  expect(body.message).toContain(isUnknown ? `unknown field "${field}"` : field);
  if (isRule) expect(body.message).toContain(because);
}
