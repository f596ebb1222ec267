import {
  jetstream,
  jetstreamManager,
  JsHeaders,
  PubHeaders,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { Kvm, type KvStatus } from '@nats-io/kv';
import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import type { ReadResult, WriteResult } from '../bus.ts';
import { natsFailure } from './nats-errors.ts';

const REQUEST_TIMEOUT_MS = 1_000;
const OPERATION_HEADER = 'KV-Operation';
/** How long a deletion stays visible as such. */
const MARKER_TTL_SECONDS = 60;

/** What identifies one life of a bucket, and how far it has come. */
export interface BucketState {
  readonly created: string;
  readonly lastRevision: number;
}

/**
 * One key-value bucket by its stream. Reads go to the stream's leader; every
 * write is one publish that expects the key's last revision, which covers
 * create (0), create over a deletion, update and delete alike.
 */
export class NatsBucket {
  readonly streamName: string;
  readonly subjectPrefix: string;
  readonly js: JetStreamClient;
  private readonly nc: NatsConnection;
  private readonly bucket: string;
  private readonly onWriteFailed: (error: unknown) => void;
  private manager: Promise<JetStreamManager> | undefined = undefined;

  /** onWriteFailed is told of all failures but conflicts. */
  constructor(nc: NatsConnection, bucket: string, onWriteFailed: (error: unknown) => void) {
    this.onWriteFailed = onWriteFailed;
    this.nc = nc;
    this.bucket = bucket;
    this.streamName = `KV_${bucket}`;
    this.subjectPrefix = `$KV.${bucket}.`;
    this.js = jetstream(nc, { timeout: REQUEST_TIMEOUT_MS });
  }

  /** Makes the bucket when it is not there. Rejects as the client does. */
  async ensure(): Promise<BucketState> {
    const kvm = new Kvm(this.js);
    const kv = await kvm.create(this.bucket, {
      history: 1,
      markerTTL: MARKER_TTL_SECONDS * 1_000,
    });
    return stateOf(await kv.status());
  }

  async state(): Promise<BucketState> {
    const info = await (await this.jsm()).streams.info(this.streamName);
    return { created: info.created, lastRevision: info.state.last_seq };
  }

  async read(key: string): Promise<ReadResult> {
    try {
      const query = { last_by_subj: this.subjectPrefix + key };
      const message = await (await this.jsm()).streams.getMessage(this.streamName, query);
      if (message === null) return { kind: 'absent', revision: 0 };
      const { data, seq, header } = message;
      return isDeletion(header)
        ? { kind: 'absent', revision: seq }
        : { kind: 'found', value: data, revision: seq };
    } catch (error) {
      if (natsFailure(error) !== 'bucket-missing') return { kind: 'unavailable' };
      return await this.madeAnew({ kind: 'absent', revision: 0 }, { kind: 'unavailable' });
    }
  }

  async write(key: string, value: Uint8Array | undefined, revision: number): Promise<WriteResult> {
    try {
      const ack = await this.js.publish(this.subjectPrefix + key, value ?? new Uint8Array(), {
        headers: writeHeaders(value === undefined, revision),
        timeout: REQUEST_TIMEOUT_MS,
      });
      return { kind: 'written', revision: ack.seq };
    } catch (error) {
      const failure = natsFailure(error);
      if (failure !== 'conflict') this.onWriteFailed(error);
      return await this.writeFailed(failure);
    }
  }

  private async writeFailed(failure: ReturnType<typeof natsFailure>): Promise<WriteResult> {
    if (failure === 'conflict' || failure === 'unknown') return { kind: failure };
    if (failure === 'refused') return { kind: 'unavailable' };
    // Written to nothing: as if another writer had emptied the bucket.
    return await this.madeAnew({ kind: 'conflict' }, { kind: 'unavailable' });
  }

  private async madeAnew<Result>(made: Result, failed: Result): Promise<Result> {
    try {
      await this.ensure();
      return made;
    } catch {
      return failed;
    }
  }

  private jsm(): Promise<JetStreamManager> {
    this.manager ??= jetstreamManager(this.nc, { timeout: REQUEST_TIMEOUT_MS, checkAPI: false });
    return this.manager;
  }
}

export function isDeletion(header: MsgHdrs | undefined): boolean {
  const operation = header?.get(OPERATION_HEADER) ?? '';
  // The server's own markers, when a key's time is over, have a reason instead.
  return operation !== '' || (header?.get('Nats-Marker-Reason') ?? '') !== '';
}

function writeHeaders(isDelete: boolean, revision: number): MsgHdrs {
  const header = headers();
  header.set(PubHeaders.ExpectedLastSubjectSequenceHdr, String(revision));
  if (!isDelete) return header;
  header.set(OPERATION_HEADER, 'PURGE');
  header.set(JsHeaders.RollupHdr, JsHeaders.RollupValueSubject);
  header.set(PubHeaders.MessageTTL, `${MARKER_TTL_SECONDS}s`);
  return header;
}

function stateOf({ streamInfo }: KvStatus): BucketState {
  return { created: streamInfo.created, lastRevision: streamInfo.state.last_seq };
}
