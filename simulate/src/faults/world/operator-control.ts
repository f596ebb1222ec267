import type { WorkerControl } from '@streamcluster/operator/testing';
import { ServeOutcome } from '@streamcluster/proto';
import {
  responseOf,
  serveCallOf,
  type BareWorker,
  type ServeCall,
} from '@streamcluster/worker/testing';
import type { Network, Node } from './network.ts';
import { idOf } from './worker-peers.ts';

/** A change that a worker made because the operator asked for it. */
export interface ServeRecord {
  readonly call: ServeCall;
  readonly askedAtMs: number;
}

export interface OperatorControlOptions {
  readonly network: Network;
  readonly node: Node;
  readonly workerOf: (id: string) => { readonly worker: BareWorker } | undefined;
  readonly onServed: (record: ServeRecord) => void;
}

/** As operator/src/control/worker-control.ts has them. */
const DEADLINE_MS = 3_000;
const SERVE_DEADLINE_MS = 8_000;

/** Calls from the operator to workers. */
export function operatorControl(options: OperatorControlOptions): WorkerControl {
  const { network, node, workerOf, onServed } = options;
  const ask = <Answer>(
    address: string,
    act: (worker: BareWorker) => Answer | Promise<Answer>,
    deadlineMs = DEADLINE_MS,
  ): Promise<Answer> => {
    const id = idOf(address);
    return network.call(node, id, deadlineMs, () => {
      const target = workerOf(id);
      if (target === undefined) throw new Error('nobody is there');
      return act(target.worker);
    });
  };
  return {
    configure: (address, { version, placementPolicy, drain, access, hlsKey }) =>
      ask(address, ({ cluster }) => {
        const same = { placementPolicy, drain, access, hlsKey };
        const configuration = { ...same, version: Number(version), streams: undefined };
        return BigInt(cluster.control.configure(configuration));
      }),
    drain: (address, plan) => ask(address, ({ cluster }) => cluster.control.drain(plan)),
    undrain: (address) => ask(address, ({ cluster }) => cluster.control.undrain()),
    accept: (address, call) => ask(address, ({ cluster }) => cluster.control.accept(call)),
    serve: (address, request) => {
      const askedAtMs = node.clock.nowMs();
      const act = async ({ cluster }: BareWorker): Promise<ReturnType<typeof responseOf>> => {
        const call = serveCallOf(request);
        const answer = responseOf(await cluster.control.serve(call));
        if (answer.outcome === ServeOutcome.SERVE_OUTCOME_DONE) onServed({ call, askedAtMs });
        return answer;
      };
      return ask(address, act, SERVE_DEADLINE_MS);
    },
  };
}
