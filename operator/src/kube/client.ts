import type { IncomingMessage } from 'node:http';
import { pageOf, storedOf } from './answers.ts';
import { Caller, type Call } from './caller.ts';
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonPatch,
  KubeClientOptions,
  ListOptions,
  ListPage,
  ObjectName,
  WatchOptions,
  WriteOptions,
} from './client-types.ts';
import { asApplied } from './managed-fields.ts';
import type { Query } from './paths.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import type { KubeObject, Stored } from './wire.ts';

export const FIELD_MANAGER = 'streamcluster-operator';

/** The API server. Every failure is a KubeError. */
export class KubeClient {
  private readonly caller: Caller;

  constructor(options: KubeClientOptions) {
    this.caller = new Caller(options, `${FIELD_MANAGER}/${options.version}`);
  }

  /** Reads the credentials, which takes a second the first time; fails where there are none. */
  async prepare(): Promise<void> {
    await this.caller.prepare();
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    target: ObjectName,
    options: CallOptions = {},
  ): Promise<Stored<T>> {
    return storedOf<T>(await this.caller.call({ verb: 'get', resource, target }, options));
  }

  /** One page; `continue` asks for the next. */
  async list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<ListPage<T>> {
    const { namespace, labelSelector, fieldSelector, limit } = options;
    const query = { labelSelector, fieldSelector, limit, continue: options.continue };
    const call: Call = { verb: 'list', resource, target: { namespace }, query };
    return pageOf(resource, await this.caller.call(call, options));
  }

  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const target = { namespace: object.metadata?.namespace };
    const body = withType(resource, object);
    const query = writeQuery(options);
    return storedOf<T>(
      await this.caller.call({ verb: 'create', resource, target, query, body }, options),
    );
  }

  /** The whole object; fails as a conflict if its resourceVersion is no longer the newest. */
  async update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const target = { ...nameOf(object), subresource: options.subresource };
    const body = withType(resource, object);
    const query = writeQuery(options);
    return storedOf<T>(
      await this.caller.call({ verb: 'update', resource, target, query, body }, options),
    );
  }

  /** A list is a JSON patch, an object a merge patch. */
  async patch<T extends KubeObject>(
    resource: Resource<T>,
    target: ObjectName,
    patch: JsonPatch | Readonly<Record<string, unknown>>,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const call: Call = {
      verb: 'patch',
      resource,
      target: { ...target, subresource: options.subresource },
      query: writeQuery(options),
      body: patch,
      contentType: `application/${Array.isArray(patch) ? 'json-patch' : 'merge-patch'}+json`,
    };
    return storedOf<T>(await this.caller.call(call, options));
  }

  /** Server-side apply: makes it so, or creates it. */
  async apply<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: ApplyOptions = {},
  ): Promise<Stored<T>> {
    const call: Call = {
      verb: 'apply',
      resource,
      target: { ...nameOf(object), subresource: options.subresource },
      query: { ...writeQuery(options), force: options.force ?? true },
      body: withType(resource, object),
      contentType: 'application/apply-patch+yaml',
    };
    return storedOf<T>(await this.caller.call(call, options));
  }

  /** What we created counts as applied from now on, so that an apply that no longer
   * names a field removes it. */
  async adopt(resource: Resource<KubeObject>, target: ObjectName): Promise<void> {
    const object = await this.caller.call({ verb: 'get', resource, target }, {});
    const patch = asApplied(object, FIELD_MANAGER);
    if (patch !== undefined) await this.patch(resource, target, patch);
  }

  /** Begins its deletion; what has a grace, or a finalizer, is there for longer. */
  async delete(
    resource: Resource<KubeObject>,
    target: ObjectName,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { gracePeriodSeconds, uid, propagationPolicy } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds,
      propagationPolicy,
      preconditions: uid === undefined ? undefined : { uid },
    };
    await this.caller.call({ verb: 'delete', resource, target, body }, options);
  }

  /** The lines of a watch as they come in, until it ends or is aborted. */
  async watch(resource: Resource<KubeObject>, options: WatchOptions): Promise<IncomingMessage> {
    const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds } = options;
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds,
    };
    const call: Call = { verb: 'watch', resource, target: { namespace }, query };
    return await this.caller.stream(call, options.signal);
  }

  /** Everything under way fails, and everything from now on. */
  close(): void {
    this.caller.close();
  }
}

/** Strict: a field that the server does not know is an error, not dropped. */
function writeQuery({ isDryRun }: WriteOptions): Query {
  return {
    fieldManager: FIELD_MANAGER,
    fieldValidation: 'Strict',
    dryRun: isDryRun === true ? 'All' : undefined,
  };
}

function withType<T extends KubeObject>(resource: Resource<T>, object: T): KubeObject {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function nameOf({ metadata }: KubeObject): ObjectName {
  const { namespace = '', name = '' } = metadata ?? {};
  return { namespace, name };
}
