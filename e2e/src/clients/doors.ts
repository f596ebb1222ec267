import http from 'node:http';
import { once } from 'node:events';
import { eventually } from '../harness/eventually.ts';
import { holderOfConnection } from '../harness/procfs.ts';

const ANSWER_MS = 20_000;
const FIND_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A keep-alive connection to the shared port, known to end at one worker. */
export class Door {
  readonly workerPid: number;
  private readonly agent: http.Agent;
  private readonly port: number;

  private constructor(workerPid: number, agent: http.Agent, port: number) {
    this.workerPid = workerPid;
    this.agent = agent;
    this.port = port;
  }

  /** Opens connections until one ends at the wanted worker. */
  static async to(workerPid: number, pids: readonly number[], port: number): Promise<Door> {
    return eventually(`a connection to worker process ${workerPid}`, FIND_MS, async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const door = new Door(workerPid, agent, port);
      const localPort = await door.firstRequest();
      if (holderOfConnection(port, localPort, pids) === workerPid) return door;
      door.close();
      return undefined;
    });
  }

  /** One door to each of the processes. */
  static all(pids: readonly number[], port: number): Promise<Door[]> {
    return Promise.all(pids.map((pid) => Door.to(pid, pids, port)));
  }

  async get(path: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    return (await this.request(path, headers)).answer;
  }

  close(): void {
    this.agent.destroy();
  }

  private async firstRequest(): Promise<number> {
    return (await this.request('/', {})).localPort;
  }

  private async request(
    path: string,
    headers: http.OutgoingHttpHeaders,
  ): Promise<{ answer: Answer; localPort: number }> {
    const { agent, port } = this;
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = http.get({ host: '127.0.0.1', port, path, agent, headers, signal });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const localPort = response.socket.localPort ?? 0;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    return {
      answer: { status: response.statusCode ?? 0, headers: response.headers, body },
      localPort,
    };
  }
}
