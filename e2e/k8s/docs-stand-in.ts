import { setTimeout as sleep } from 'node:timers/promises';
import { validate } from '../../operator/src/api/validate.ts';
import {
  isNotFound,
  resources,
  type KubeClient,
  type Pod,
  type Stored,
  type KubeObject,
} from '../../operator/src/kube/mod.ts';
import { usersService } from '../../operator/src/specs/services.ts';

const LOOK_MS = 200;
const READY = { type: 'Ready', status: 'True' } as const;

/** Says of every pod that it runs, as kubelets would, and of every StreamCluster that its
 * workers are ready, as the operator would. */
export class StandIn {
  private readonly client: KubeClient;
  private isOver = false;
  private readonly ended: Promise<void>;

  constructor(client: KubeClient) {
    this.client = client;
    this.ended = this.run();
    // Told by stop().
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      await this.lookAtPods();
      await this.lookAtStreamClusters();
      await sleep(LOOK_MS);
    }
  }

  private async lookAtPods(): Promise<void> {
    const { items } = await this.client.list(resources.pods);
    const pending = items.filter(({ status }) => status?.phase !== 'Running');
    await Promise.all(pending.map((pod) => unlessGone(this.letRun(pod))));
  }

  private async letRun({ metadata }: Stored<Pod>): Promise<unknown> {
    const { namespace, name } = metadata;
    const status = { phase: 'Running', conditions: [READY] };
    const options = { subresource: 'status' };
    return await this.client.patch(resources.pods, { namespace, name }, { status }, options);
  }

  private async lookAtStreamClusters(): Promise<void> {
    // There are none before there is a CRD.
    const { items } = await this.client
      .list(resources.streamClusters)
      .catch(() => ({ items: [] as Stored<KubeObject & { readonly status?: unknown }>[] }));
    const fresh = items.filter(({ status }) => status === undefined);
    await Promise.all(fresh.map((object) => unlessGone(this.letServe(object))));
  }

  private async letServe(object: Stored<KubeObject>): Promise<void> {
    const { resource, faults } = validate(object);
    if (resource === undefined) throw new Error(JSON.stringify(faults));
    await this.client.apply(resources.services, usersService(resource));
    const { namespace, name } = object.metadata;
    const lastTransitionTime = new Date().toISOString();
    const ready = { ...READY, reason: 'AllReady', message: 'all', lastTransitionTime };
    const status = { phase: 'Ready', desiredReplicas: 3, readyReplicas: 3, conditions: [ready] };
    const options = { subresource: 'status' };
    await this.client.patch(resources.streamClusters, { namespace, name }, { status }, options);
  }
}

async function unlessGone(done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
