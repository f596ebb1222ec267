/** The operator's JSON API, as far as tests read it. */
export interface WorkerItem {
  readonly id: string;
  readonly state: string;
  readonly streams: number;
  readonly viewers: number;
  /** Load over the mean. */
  readonly loadOverMean: number;
  readonly accepting: 'Yes' | 'Steered' | 'No';
}

export interface StreamItem {
  readonly name: string;
  readonly state: string;
  readonly viewers: number;
  readonly home: string;
  readonly ingest: string;
  readonly replicas: readonly string[];
  readonly epoch: number;
  readonly bitsPerSecond: number;
}

export interface RelayNode {
  readonly worker: string;
  readonly role: string;
  readonly viewers: number;
  readonly pulledBy: readonly RelayNode[];
}

export interface StreamDetail extends StreamItem {
  readonly tree: readonly RelayNode[];
  readonly decision: { readonly kind: string; readonly outcome: string } | null;
  readonly health: {
    readonly framesPerSecond: number;
    readonly keyIntervalMs: number;
    readonly driftMs: number;
    readonly gaps: number;
    readonly stepsBack: number;
  } | null;
  readonly conditions: readonly StreamCondition[];
}

export interface StreamCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

export interface PlanItem {
  readonly unixMs: number;
  readonly reason: string;
  readonly changes: readonly { readonly stream: string }[];
}

export interface SessionItem {
  readonly id: string;
  readonly stream: string;
  readonly action: string;
  readonly protocol: string;
  readonly address: string;
  readonly userAgent: string;
  readonly startedUnixMs: number;
  readonly bytes: number;
  readonly areBytesEstimated: boolean;
  readonly workers: readonly string[];
}

export interface EventItem {
  readonly reason: string;
  readonly message: string;
}

export interface ClusterItem {
  readonly namespace: string;
  readonly name: string;
  readonly endpoints: { readonly rtmp: number; readonly http: number };
  readonly status: {
    readonly phase: string;
    readonly replicas: number;
    readonly readyReplicas: number;
    readonly streams: number;
    readonly viewers: number;
    readonly conditions: readonly { type: string; status: string; message?: string }[];
  };
}

const PATIENCE_MS = 5000;

export class Api {
  readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;

  /** `token`: where a login is needed. */
  constructor(url: string, token?: string) {
    this.url = url;
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async cluster(): Promise<ClusterItem> {
    const { items } = await this.get<{ items: ClusterItem[] }>('/api/v1/clusters');
    const [first] = items;
    if (first === undefined) throw new Error('the operator knows no cluster');
    return first;
  }

  async workers(): Promise<WorkerItem[]> {
    return (await this.inCluster<{ items: WorkerItem[] }>('workers')).items;
  }

  async streams(): Promise<StreamItem[]> {
    return (await this.inCluster<{ items: StreamItem[] }>('streams')).items;
  }

  async stream(name: string): Promise<StreamItem | undefined> {
    return (await this.streams()).find((stream) => stream.name === name);
  }

  streamDetail(name: string): Promise<StreamDetail> {
    return this.inCluster(`streams/${name}`);
  }

  async sessions(stream: string): Promise<readonly SessionItem[]> {
    const path = `streams/${stream}/sessions`;
    return (await this.inCluster<{ items: SessionItem[] }>(path)).items;
  }

  /** Ends a session; the answer's status. */
  async kick({ stream, id }: SessionItem, banSeconds = 0): Promise<number> {
    const { namespace, name } = await this.cluster();
    const path = `/api/v1/clusters/${namespace}/${name}/streams/${stream}/sessions/${id}`;
    const response = await fetch(`${this.url}${path}?banSeconds=${banSeconds}`, {
      method: 'DELETE',
      headers: { 'x-streamcluster-request': 'e2e' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.status;
  }

  rebalance(): Promise<{ plan: PlanItem | null; recent: PlanItem[] }> {
    return this.inCluster('rebalance');
  }

  async events(): Promise<{ events: EventItem[] }> {
    const { namespace, name } = await this.cluster();
    return this.get(`/api/v1/clusters/${namespace}/${name}`);
  }

  async text(path: string): Promise<string> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(this.url + path, { signal, headers: this.headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.text();
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  private async inCluster<T>(path: string): Promise<T> {
    const { namespace, name } = await this.cluster();
    return this.get<T>(`/api/v1/clusters/${namespace}/${name}/${path}`);
  }
}
