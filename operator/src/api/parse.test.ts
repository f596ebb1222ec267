import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import YAML from 'yaml';
import { OperatorError } from '../errors.ts';
import { parseStreamCluster } from './parse.ts';
import { resourceOf } from './testing/fixture.ts';
import { FIXTURES } from './testing/fixtures.ts';
import { withoutNulls } from './without-nulls.ts';
import { KNOWN_FIELDS } from './unknown-fields.ts';

const SAMPLES_FOLDER = path.resolve(import.meta.dirname, '../../../manifests/samples');
const SAMPLES = readdirSync(SAMPLES_FOLDER);

const HEAD = `apiVersion: streamcluster.dev/v1alpha1
kind: StreamCluster
metadata: {name: live}
`;

function fault(text: string): OperatorError {
  try {
    parseStreamCluster(text, 'x.yaml');
  } catch (error) {
    if (error instanceof OperatorError) return error;
  }
  throw new Error('was not refused');
}

describe('parseStreamCluster', () => {
  it.each(FIXTURES.filter(({ refused }) => refused === undefined))('accepts $name', (fixture) => {
    const given = resourceOf(fixture);
    const resource = parseStreamCluster(YAML.stringify(given), 'x.yaml');
    expect(resource).toMatchObject(withoutNulls(given, KNOWN_FIELDS) as object);
  });

  it.each(FIXTURES.filter(({ refused }) => refused !== undefined))('refuses $name', (fixture) => {
    const error = fault(YAML.stringify(resourceOf(fixture)));
    expect(error.code).toBe('RESOURCE_INVALID');
    expect(error.message).toContain(`: ${fixture.refused?.field}: `);
    expect(error.message).toContain(fixture.refused?.because);
  });

  it('fills in every default', () => {
    const { spec, metadata } = parseStreamCluster(`${HEAD}spec: {fixed: {}}`, 'x.yaml');
    expect(metadata).toEqual({ name: 'live', namespace: 'default' });
    expect(spec).toEqual({
      fixed: { replicas: 3 },
      worker: {
        imagePullPolicy: 'IfNotPresent',
        cpus: 1,
        memory: '1Gi',
        pinning: 'Exclusive',
        numa: 'Require',
      },
      service: {
        type: 'ClusterIP',
        externalTrafficPolicy: 'Cluster',
        redirect: { mode: 'Disabled', firstPort: 20_000 },
      },
      placement: { policy: 'Random' },
      rebalance: { mode: 'Auto', maxImbalance: 1.25, maxMovesPercent: 2 },
      hotStreams: { splitAtMeanLoad: 0.5 },
      tls: {},
      update: { maxSurgePercent: 33 },
      drain: {
        deadlineSeconds: 600,
        publisherGraceSeconds: 60,
        lingerSeconds: 5,
        onCordon: true,
      },
      streams: {
        publisherGraceSeconds: 15,
        maxLagSeconds: 5,
        waitForPublisherSeconds: 0,
        hls: { segmentSeconds: 2, segments: 6 },
      },
      access: { forwardedHeader: 'XForwardedFor' },
      nats: {},
    });
  });

  it.each(SAMPLES)('takes the sample %s', (name) => {
    const text = readFileSync(path.join(SAMPLES_FOLDER, name), 'utf8');
    const { metadata } = parseStreamCluster(text, name);
    expect(`${metadata.name}.yaml`).toBe(name);
  });

  it('has samples of both modes', () => {
    expect(SAMPLES).toEqual(
      expect.arrayContaining(['autoscaling.yaml', 'pinned.yaml', 'quickstart.yaml']),
    );
  });

  it.each([
    [
      'a wrong value',
      `${HEAD}spec:\n  fixed:\n    replicas: many\n`,
      'x.yaml:6:5: spec.fixed.replicas',
    ],
    [
      'an unknown field',
      `${HEAD}spec:\n  fixed: {}\n  wroker: {}\n`,
      'x.yaml:6:3: spec.wroker: unknown',
    ],
    [
      'a deep unknown field',
      `${HEAD}spec:\n  fixed: {}\n  streams:\n    hls: {constructor: 1}\n`,
      'x.yaml:7:11: spec.streams.hls.constructor: unknown',
    ],
    [
      'an unknown field in a list',
      `${HEAD}spec:\n  fixed: {}\n  worker:\n    tolerations:\n    - operator: Exists\n      kye: a\n`,
      'x.yaml:9:7: spec.worker.tolerations[0].kye: unknown',
    ],
    [
      'a missing field',
      `${HEAD}spec:\n  autoscaling:\n    maxReplicas: 2\n`,
      'x.yaml:5:3: spec.autoscaling.streamsPerWorker',
    ],
    [
      'another kind',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {fixed: {}}\n',
      'x.yaml:2:1: kind',
    ],
    ['a rule over two fields', `${HEAD}spec: {}\n`, 'x.yaml:4:1: spec: exactly one'],
  ])('names line, column and field of %s', (_what, text, expected) => {
    expect(fault(text).message).toContain(expected);
  });

  it.each([
    ['broken flow', `${HEAD}spec: {fixed: {\n`, /x\.yaml:\d+:\d+: /],
    ['a tab', 'spec:\n\tfixed: {}\n', /x\.yaml:2:\d+: /],
    ['a key twice', 'kind: a\nkind: b\n', /x\.yaml:2:1: .*unique/],
    ['two documents', 'a: 1\n---\nb: 2\n', /x\.yaml:\d+:\d+: .*documents/],
    ['aliases without end', billionLaughs(), /x\.yaml/],
    ['nesting without end', '{a: '.repeat(20_000), /x\.yaml/],
    ['a megabyte', 'x'.repeat(1_000_001), /larger than a megabyte/],
  ])('calls %s unreadable', (_what, text, message) => {
    const error = fault(text);
    expect(error.code).toBe('RESOURCE_UNREADABLE');
    expect(error.message).toMatch(message);
  });

  it.each([
    ['nothing', ''],
    ['a list', '- 1\n'],
    ['a word', 'hello'],
  ])('refuses %s', (_what, text) => {
    expect(fault(text).code).toBe('RESOURCE_INVALID');
  });
});

function billionLaughs(): string {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`,
  );
  return `a0: &a0 [lol]\n${levels.join('\n')}\n`;
}
