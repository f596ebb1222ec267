import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '@streamcluster/bench';
import YAML from 'yaml';
import { fixture } from '../content/fixture.ts';
import { Api } from '../harness/api.ts';
import { eventuallyTrue } from '../harness/eventually.ts';
import { findBlock, type BlockName } from './blocks.ts';
import { Desk } from './desk.ts';
import type { Step } from './step.ts';
import type { Job } from './terminal.ts';

const FILM = { seconds: 30, size: '320x180', videoBitsPerSecond: 300_000 };
const RESOURCE = 'manifests/samples/quickstart.yaml';
const PATIENCE_MS = 30_000;
/** As the documents have them. */
const PORTS = { rtmp: 1935, rtmps: 1936, http: 8080, https: 8443, api: 8088 } as const;

interface Resource {
  spec: object;
}

/** A checkout on a machine, and a reader of the documents before it. */
export class OneMachine {
  readonly desk: Desk;
  private readonly api: Api;
  private readonly httpPort: number;
  private readonly publishers = new Map<string, Job>();

  private constructor(desk: Desk, api: Api, httpPort: number) {
    this.desk = desk;
    this.api = api;
    this.httpPort = httpPort;
  }

  static async start(): Promise<OneMachine> {
    const ports = new Map<string, number>();
    for (const name of Object.keys(PORTS)) ports.set(name, await freePort());
    const portOf = (name: string): string => String(ports.get(name));
    const name = 'docs-one-machine';
    const env = Object.fromEntries(
      Object.keys(PORTS).map((port) => [`SC_${port.toUpperCase()}_PORT`, portOf(port)]),
    );
    const meant = Object.entries(PORTS).map(
      ([port, usual]) => [new RegExp(`:${usual}\\b`, 'g'), `:${portOf(port)}`] as const,
    );
    const desk = new Desk({ name, env, meant: [...meant, [/\bHOST\b/g, '127.0.0.1']] });
    const run = path.join(desk.folder, '.run');
    // What lies in the checkout unless it is said otherwise.
    desk.set({
      SC_RUN_DIR: run,
      SC_FILE: path.join(desk.folder, RESOURCE),
      SC_TLS_DIR: path.join(run, 'tls'),
      SC_ACCESS_DIR: path.join(run, 'access'),
    });
    fs.symlinkSync((await fixture(FILM)).file, path.join(desk.folder, 'film.mp4'));
    const api = new Api(`http://127.0.0.1:${portOf('api')}`);
    return new OneMachine(desk, api, Number(portOf('http')));
  }

  close(): Promise<void> {
    return this.desk.close();
  }

  async take(step: Step<OneMachine>): Promise<string> {
    const { keeps } = step;
    await step.before?.(this);
    let output = '';
    if (keeps === undefined) output = await this.desk.run(step);
    else if ('says' in keeps)
      await this.desk.keep(step, `${keeps.says}`, (so) => keeps.says.test(so));
    else await this.publish(step, keeps.live);
    await step.after?.(this, output);
    return output;
  }

  addToSpec(text: string): void {
    fs.appendFileSync(path.join(this.desk.folder, RESOURCE), text);
  }

  /** 9090 is a pod's; here each worker says its own. */
  noteAdminPort(): void {
    const log = fs.readFileSync(path.join(this.desk.folder, '.run/logs/workers.log'), 'utf8');
    const port = /"worker ready".*?"adminPort":(\d+)|"adminPort":(\d+).*?"worker ready"/.exec(log);
    const found = port?.[1] ?? port?.[2];
    if (found === undefined) throw new Error('no worker was ready');
    this.desk.mean(/:9090\b/g, `:${found}`);
  }

  notLive(stream: string): Promise<void> {
    return eventuallyTrue(`${stream} is live no more`, PATIENCE_MS, async () => {
      return !(await this.isLive(stream));
    });
  }

  /** The spec of a document in place of the present one; certificates stay. */
  async takeSpec(name: BlockName): Promise<void> {
    const file = path.join(this.desk.folder, RESOURCE);
    const resource = YAML.parse(fs.readFileSync(file, 'utf8')) as Resource;
    const { spec } = YAML.parse(findBlock(name).text) as Resource;
    fs.writeFileSync(file, YAML.stringify({ ...resource, spec: { ...resource.spec, ...spec } }));
    await eventuallyTrue('the rules hold', PATIENCE_MS, async () => {
      return (await this.statusOf('/live/news.flv')) === 401;
    });
  }

  async plays(url: string): Promise<boolean> {
    const { pathname, search } = new URL(url);
    return (await this.statusOf(pathname + search)) === 200;
  }

  /** Whoever published before ends; his stream is taken over. */
  private async publish(step: Step<OneMachine>, stream: string): Promise<void> {
    const before = this.publishers.get(stream);
    if (before !== undefined) await this.desk.end(before);
    const sinceUnixMs = Date.now();
    const job = await this.desk.keep(step, `${stream} is published`, async () => {
      const sessions = await this.api.sessions(stream).catch(() => []);
      return sessions.some((one) => one.action === 'publish' && one.startedUnixMs >= sinceUnixMs);
    });
    this.publishers.set(stream, job);
  }

  private async isLive(stream: string): Promise<boolean> {
    return (await this.api.stream(stream))?.state === 'live';
  }

  private async statusOf(target: string): Promise<number> {
    const stop = new AbortController();
    const url = `http://127.0.0.1:${this.httpPort}${target}`;
    const { status } = await fetch(url, { signal: stop.signal });
    stop.abort();
    return status;
  }
}
