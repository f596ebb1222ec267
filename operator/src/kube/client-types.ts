import type { Clock } from '../clock.ts';
import type { LoadKubeConfig } from './kube-config.ts';
import type { KubeObject, Stored } from './wire.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

export interface KubeClientOptions {
  readonly load: LoadKubeConfig;
  /** Of the operator, for the user agent. */
  readonly version: string;
  readonly clock: Clock;
  /** Told of every answer; code 0: there was none. `resource` is the plural. */
  readonly onRequest?: (verb: Verb, resource: string, code: number, durationMs: number) => void;
  readonly perSecond?: number;
  readonly burst?: number;
  readonly maxConcurrent?: number;
}

export interface ObjectName {
  /** Absent, or empty, for what lies in no namespace. */
  readonly namespace?: string;
  readonly name: string;
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  /** Does not wait behind others. For the Lease. */
  readonly isUrgent?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /** As `status`. */
  readonly subresource?: string | undefined;
  readonly isDryRun?: boolean | undefined;
}

export interface ApplyOptions extends WriteOptions {
  /** Takes over fields that others manage. True unless it is said otherwise. */
  readonly force?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly gracePeriodSeconds?: number | undefined;
  /** Deletes only this one, not another of the same name: 409 else. */
  readonly uid?: string | undefined;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
}

export interface Selection {
  /** Absent, or empty: all. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection, CallOptions {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface ListPage<T extends KubeObject> {
  readonly items: Stored<T>[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continue: string;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export type JsonPatch = readonly Readonly<Record<string, unknown>>[];
