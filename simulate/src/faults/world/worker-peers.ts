import type {
  AssignCall,
  BareWorker,
  Peers,
  PrepareCall,
  ReleaseAnswer,
  ReleaseCall,
  ServeCall,
  ServeResult,
} from '@streamcluster/worker/testing';
import type { Network, Node } from './network.ts';

export interface WorkerPeersOptions {
  readonly node: Node;
  readonly network: Network;
  readonly workerOf: (id: string) => { readonly worker: BareWorker } | undefined;
  readonly place: (stream: string, ingest: string) => string;
}

/** As worker/src/cluster/adapters/grpc-peers.ts has them. */
const DEADLINE_MS = { place: 300, release: 1_000, assign: 2_000, prepare: 3_500, serve: 8_000 };
export const OPERATOR = 'operator';

/** Calls from one worker to others and to the operator. */
export class WorkerPeers implements Peers {
  private readonly options: WorkerPeersOptions;

  constructor(options: WorkerPeersOptions) {
    this.options = options;
  }

  release(address: string, call: ReleaseCall): Promise<ReleaseAnswer> {
    return this.ask(address, DEADLINE_MS.release, ({ cluster }) => cluster.control.release(call));
  }

  assign(address: string, call: AssignCall): Promise<void> {
    return this.ask(address, DEADLINE_MS.assign, ({ cluster }) => cluster.control.assign(call));
  }

  prepare(address: string, call: PrepareCall): Promise<string | undefined> {
    return this.ask(address, DEADLINE_MS.prepare, ({ cluster }) => cluster.control.prepare(call));
  }

  serve(address: string, call: ServeCall): Promise<ServeResult> {
    return this.ask(
      address,
      DEADLINE_MS.serve,
      async ({ cluster }) => (await cluster.control.serve(call)).result,
    );
  }

  place(stream: string, ingestWorker: string): Promise<string> {
    const { network, node, place } = this.options;
    return network.call(node, OPERATOR, DEADLINE_MS.place, () => place(stream, ingestWorker));
  }

  private ask<Answer>(
    address: string,
    deadlineMs: number,
    act: (worker: BareWorker) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const { network, node, workerOf } = this.options;
    const id = idOf(address);
    return network.call(node, id, deadlineMs, () => {
      const target = workerOf(id);
      if (target === undefined) throw new Error('nobody is there');
      return act(target.worker);
    });
  }
}

/** Workers of the simulation are found by their names. */
export function idOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
