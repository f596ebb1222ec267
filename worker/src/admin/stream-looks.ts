import type { FastifyInstance, FastifyReply } from 'fastify';
import { WorkerError } from '../errors.ts';
import { streamName, type StreamName } from '../media/stream-name.ts';
import type { RingView } from '../stream/ring-view.ts';

/** A stream as far as it is looked at. */
interface LookedAt {
  readonly state: string;
  readonly sourceKind: string;
  viewerCounts(): Record<string, number>;
  ring(): RingView;
  picture(): Buffer | undefined;
}

export interface StreamLooksSource {
  readonly stream: (name: StreamName) => LookedAt | undefined;
  /** How far a viewer may lag before it jumps. */
  readonly maxLagSeconds: () => number;
}

interface Params {
  readonly app: string;
  readonly name: string;
}

/** What the operator's page shows of a single stream: its ring, and its newest picture. */
export function registerStreamLooks(app: FastifyInstance, source: StreamLooksSource): void {
  const find = ({ app: folder, name }: Params): LookedAt => {
    const key = streamName(folder, name);
    if (key === undefined) throw new WorkerError('STREAM_NAME_INVALID');
    const stream = source.stream(key);
    if (stream === undefined) throw new WorkerError('STREAM_NOT_FOUND', key.key);
    return stream;
  };
  app.get<{ Params: Params }>('/debug/streams/:app/:name/ring', ({ params }, reply) =>
    answer(reply, () => {
      const stream = find(params);
      return {
        ...{ state: stream.state, source: stream.sourceKind },
        maxLagMs: source.maxLagSeconds() * 1_000,
        viewers: stream.viewerCounts(),
        ...stream.ring(),
      };
    }),
  );
  app.get<{ Params: Params }>('/debug/streams/:app/:name/picture.flv', ({ params }, reply) =>
    answer(reply, () => {
      const picture = find(params).picture();
      if (picture === undefined) throw new WorkerError('STREAM_NOT_FOUND', 'no key frame is here');
      void reply.type('video/x-flv');
      return picture;
    }),
  );
}

function answer(reply: FastifyReply, look: () => object): FastifyReply {
  try {
    return reply.send(look());
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    const { code, httpStatus, message } = error;
    return reply.code(httpStatus).send({ code, message });
  }
}
