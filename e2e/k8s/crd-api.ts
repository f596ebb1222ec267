import fs from 'node:fs';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { TestCluster } from '../cluster/mod.ts';

const COLLECTION = '/apis/streamcluster.dev/v1alpha1/namespaces/default/streamclusters';
/** Refuses unknown fields, and keeps nothing. */
const DRY_RUN = 'dryRun=All&fieldValidation=Strict';

/** An answer of the API server: the object, or a Status that says why not. */
export interface Answer {
  readonly code: number;
  readonly body: {
    readonly message?: string;
    readonly metadata: { readonly resourceVersion: string };
    readonly spec?: unknown;
  };
}

/** StreamClusters on an API server, as they go over the wire. */
export class CrdApi {
  private readonly cluster: TestCluster;
  private readonly ca: Buffer;

  constructor(cluster: TestCluster) {
    this.cluster = cluster;
    this.ca = fs.readFileSync(cluster.caFile);
  }

  /** What would become of a new one. */
  judge(resource: object): Promise<Answer> {
    return this.request('POST', `${COLLECTION}?${DRY_RUN}`, resource);
  }

  create(resource: object): Promise<Answer> {
    return this.request('POST', COLLECTION, resource);
  }

  /** What would become of one that exists. */
  judgeChange(name: string, resource: object): Promise<Answer> {
    return this.request('PUT', `${COLLECTION}/${name}?${DRY_RUN}`, resource);
  }

  scale(name: string): Promise<Answer> {
    return this.request('GET', `${COLLECTION}/${name}/scale`);
  }

  private async request(method: string, target: string, body?: object): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${this.cluster.adminToken}`,
      'content-type': 'application/json',
    };
    const options = { method, headers, ca: this.ca };
    const request = https.request(`${this.cluster.server}${target}`, options);
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const answer = JSON.parse(await text(response)) as Answer['body'];
    return { code: response.statusCode ?? 0, body: answer };
  }
}
