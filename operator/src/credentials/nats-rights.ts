import type { WorkerIdentity } from './names.ts';

const UNLIMITED = -1;

const LOAD = 'sc.{{tag(ns)}}.{{tag(cluster)}}.load';
const STREAM = 'KV_{{tag(bucket)}}';

/**
 * What any worker may do on NATS. The server fills it in from the name and the
 * tags of the worker's own credentials: its load reports, those that it hears,
 * its cluster's bucket, answers to itself.
 *
 * The bucket may be made, because workers rebuild a directory that was lost;
 * it may not be changed, emptied or deleted.
 *
 * Two things the server cannot keep from a worker: what it writes into a report,
 * and to which subject a consumer of its bucket delivers. Who hears reports
 * compares the sender in them with the subject of the message, which is the
 * sender's right, and which for a consumer's messages is one of the bucket.
 */
export const WORKER_RIGHTS = {
  pub: {
    allow: [
      `${LOAD}.{{name()}}`,
      '$KV.{{tag(bucket)}}.>',
      '$JS.API.INFO',
      `$JS.API.STREAM.INFO.${STREAM}`,
      `$JS.API.STREAM.CREATE.${STREAM}`,
      `$JS.API.STREAM.MSG.GET.${STREAM}`,
      `$JS.API.DIRECT.GET.${STREAM}`,
      `$JS.API.DIRECT.GET.${STREAM}.>`,
      `$JS.API.CONSUMER.CREATE.${STREAM}`,
      `$JS.API.CONSUMER.CREATE.${STREAM}.>`,
      `$JS.API.CONSUMER.INFO.${STREAM}.*`,
      `$JS.API.CONSUMER.DELETE.${STREAM}.*`,
      `$JS.ACK.${STREAM}.>`,
      `$JS.FC.${STREAM}.>`,
    ],
  },
  sub: { allow: [`${LOAD}.*`, '_INBOX_{{name()}}.>'] },
  data: UNLIMITED,
  payload: UNLIMITED,
  subs: UNLIMITED,
  bearer_token: false,
  allowed_connection_types: [],
};

/** What WORKER_RIGHTS is filled in from, besides the name, which is the pod's. */
export function rightsTags({ namespace, cluster }: WorkerIdentity, bucket: string): string[] {
  return [`ns:${namespace}`, `cluster:${cluster}`, `bucket:${bucket}`];
}
