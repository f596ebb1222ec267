import { ServeOutcome, ServeRequest, ServeResponse } from '@streamcluster/proto';
import type { ServeAnswer, ServeCall, ServeResult } from '../peers.ts';

/** Serve and its answer, as the contract and as cluster code have them. */
const OUTCOMES: Readonly<Record<ServeResult, ServeOutcome>> = {
  done: ServeOutcome.SERVE_OUTCOME_DONE,
  unchanged: ServeOutcome.SERVE_OUTCOME_UNCHANGED,
  'not-ingest': ServeOutcome.SERVE_OUTCOME_NOT_INGEST,
  'newer-epoch': ServeOutcome.SERVE_OUTCOME_NEWER_EPOCH,
  'target-not-ready': ServeOutcome.SERVE_OUTCOME_TARGET_NOT_READY,
  busy: ServeOutcome.SERVE_OUTCOME_BUSY,
  'directory-unavailable': ServeOutcome.SERVE_OUTCOME_DIRECTORY_UNAVAILABLE,
  invalid: ServeOutcome.SERVE_OUTCOME_INVALID,
};

export function serveCallOf(request: ServeRequest): ServeCall {
  const { stream, epoch, home, replicas, reason } = request;
  return { stream, epoch: Number(epoch), home, replicas, reason };
}

export function requestOf(call: ServeCall): ServeRequest {
  const { epoch, replicas, ...rest } = call;
  return ServeRequest.fromPartial({ ...rest, epoch: BigInt(epoch), replicas: [...replicas] });
}

export function responseOf({ result, place, notReady }: ServeAnswer): ServeResponse {
  return ServeResponse.fromPartial({
    outcome: OUTCOMES[result],
    notReady: [...notReady],
    ...(place !== undefined && {
      epoch: BigInt(place.epoch),
      home: place.home,
      replicas: [...place.replicas],
      ingestWorker: place.ingest,
    }),
  });
}

/** An outcome that is not known here changed nothing that could be told. */
export function resultOf(outcome: ServeOutcome): ServeResult {
  const found = Object.entries(OUTCOMES).find(([, value]) => value === outcome);
  return (found?.[0] as ServeResult | undefined) ?? 'invalid';
}
