import path from 'node:path';
import YAML from 'yaml';
import { binary, buildBinaries } from '../cluster/binaries.ts';
import { exec } from '../cluster/exec.ts';
import { ROOT } from '../src/harness/paths.ts';

export const CHART = path.join(ROOT, 'charts/streamcluster');
/** Our helm is built from its module and takes itself for one of Kubernetes 1.20. */
export const KUBE_VERSION = ['--kube-version', '1.31.0'];

/** What a test looks at; the rest of a manifest is the API server's to judge. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly Rule[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: PodSpec } };
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly containers: readonly {
    readonly image: string;
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly securityContext?: { readonly privileged?: boolean };
  }[];
}

/** The chart as it was before the last commit that changed it, put into the folder. */
export async function chartBefore(folder: string): Promise<string> {
  const inRoot = ['-C', ROOT];
  const log = await exec('git', [...inRoot, 'log', '-2', '--format=%H', '--', 'charts']);
  // A shallow clone knows one commit only.
  const commit = log.trim().split('\n').at(-1) ?? 'HEAD';
  const archive = path.join(folder, 'charts.tar');
  await exec('git', [...inRoot, 'archive', '--output', archive, commit, 'charts/streamcluster']);
  await exec('tar', ['-xf', archive, '-C', folder]);
  return path.join(folder, 'charts/streamcluster');
}

/** Runs helm without a cluster. */
export async function helm(...args: string[]): Promise<string> {
  return helmWith('', ...args);
}

async function helmWith(stdin: string, ...args: string[]): Promise<string> {
  await buildBinaries(['helm']);
  return exec(binary('helm'), args, { stdin, env: { KUBECONFIG: '/dev/null' } });
}

/** The chart's text with these values, as release `sc` in namespace `media`. */
export async function renderText(values: object = {}, ...flags: string[]): Promise<string> {
  return helmWith(
    YAML.stringify(values),
    ...['template', 'sc', CHART, '--namespace', 'media', '--values', '-'],
    ...[...KUBE_VERSION, ...flags],
  );
}

export async function render(values: object = {}, ...flags: string[]): Promise<Manifest[]> {
  const documents = YAML.parseAllDocuments(await renderText(values, ...flags));
  return documents.map((one) => one.toJS() as Manifest | null).filter((one) => one !== null);
}

/** One of a kind; throws when there is none. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} was rendered`);
  return found;
}

export function variables(manifests: readonly Manifest[]): Record<string, string> {
  const container = find(manifests, 'Deployment', 'sc-operator').spec?.template?.spec.containers[0];
  return Object.fromEntries((container?.env ?? []).map(({ name, value = '' }) => [name, value]));
}
