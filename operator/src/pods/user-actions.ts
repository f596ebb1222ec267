import { OperatorError } from '../errors.ts';
import { resources, type KubeClient } from '../kube/mod.ts';
import { DRAIN_ANNOTATION } from '../specs/names.ts';

export interface UserActionsOptions {
  readonly client: Pick<KubeClient, 'patch'>;
  readonly namespace: string;
  /** Of the StreamCluster. */
  readonly name: string;
  /** Of a worker's pod; undefined: it is none of the StreamCluster's. */
  readonly uidOf: (pod: string) => string | undefined;
}

/** What users ask for on the page, written where kubectl writes it. */
export class UserActions {
  private readonly options: UserActionsOptions;

  constructor(options: UserActionsOptions) {
    this.options = options;
  }

  /** As `kubectl scale` does. */
  async scale(replicas: number): Promise<void> {
    const { client, namespace, name } = this.options;
    await refusable(
      client.patch(
        resources.streamClusters,
        { namespace, name },
        { spec: { replicas } },
        { subresource: 'scale' },
      ),
    );
  }

  /** As `kubectl streamcluster drain` does. */
  async askDrain(pod: string, isAsked: boolean): Promise<void> {
    const { client, namespace, uidOf } = this.options;
    const uid = uidOf(pod);
    if (uid === undefined) throw new OperatorError('NOT_FOUND', `worker ${pod}`);
    const annotations = { [DRAIN_ANNOTATION]: isAsked ? 'Command' : null };
    const metadata = { uid, annotations };
    await refusable(client.patch(resources.pods, { namespace, name: pod }, { metadata }));
  }
}

/** In the API server's own words. */
async function refusable(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError('ACTION_REFUSED', reason, { cause: error });
  }
}
