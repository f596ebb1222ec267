import fs from 'node:fs';
import { once } from 'node:events';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ClusterAccess } from '../../cluster/mod.ts';

const OWN_HEADER = 'x-streamcluster-request';

export interface Question {
  readonly method?: 'GET' | 'PUT' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ProxiedAnswer {
  /** `200`, or `403 ROLE_INSUFFICIENT`; `403 Forbidden` is the API server's. */
  readonly said: string;
  readonly text: string;
}

/** The operator's API as somebody reaches it who has rights on the API server: by its proxy. */
export class ProxiedOperator {
  private readonly cluster: ClusterAccess;
  private readonly base: string;
  private readonly token: string;

  /** A new ServiceAccount asks, which has these of the chart's roles and no others. */
  static async as(
    cluster: ClusterAccess,
    namespace: string,
    name: string,
    roles: readonly string[],
  ): Promise<ProxiedOperator> {
    const there = ['--namespace', namespace];
    await cluster.kubectl('create', 'serviceaccount', name, ...there);
    for (const role of roles) {
      const subject = ['--role', role, '--serviceaccount', `${namespace}:${name}`];
      await cluster.kubectl('create', 'rolebinding', `${name}-${role}`, ...subject, ...there);
    }
    const token = await cluster.kubectl('create', 'token', name, ...there, '--duration=24h');
    return new ProxiedOperator(cluster, namespace, token.trim());
  }

  private constructor(cluster: ClusterAccess, namespace: string, token: string) {
    this.cluster = cluster;
    this.base = `/api/v1/namespaces/${namespace}/services/http:sc-operator:http/proxy`;
    this.token = token;
  }

  /** What it said: `200`, or `403 ROLE_INSUFFICIENT`. */
  async said(path: string, operatorToken: string, question: Question = {}): Promise<string> {
    return (await this.ask(path, operatorToken, question)).said;
  }

  /** `operatorToken`: of console.auth.secretName; empty without. */
  async ask(path: string, operatorToken: string, question: Question = {}): Promise<ProxiedAnswer> {
    const { method = 'GET', body, headers = {} } = question;
    const { server, caFile } = this.cluster;
    const request = https.request(new URL(this.base + path, server), {
      method,
      ca: fs.readFileSync(caFile),
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(operatorToken !== '' && { 'x-streamcluster-token': operatorToken }),
        ...(method !== 'GET' && { [OWN_HEADER]: 'test' }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const said = await text(response);
    return { said: `${response.statusCode ?? 0} ${codeOf(said)}`.trim(), text: said };
  }
}

/** The operator's problems have a code, the API server's a reason. */
function codeOf(said: string): string {
  try {
    const { code, reason } = JSON.parse(said) as { code?: unknown; reason?: unknown };
    return typeof code === 'string' ? code : typeof reason === 'string' ? reason : '';
  } catch {
    return '';
  }
}
