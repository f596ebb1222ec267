import type { FastifyInstance } from 'fastify';
import { realClock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import { httpAddressOf, pathOf } from '../looks/looks.ts';
import { fetchFromWorker } from '../looks/worker-fetch.ts';
import { CLUSTER } from '../document/call.ts';
import type { FindCluster, StreamParams } from '../params.ts';
import { jpegOf } from './ffmpeg.ts';
import { Thumbnails } from './thumbnails.ts';

/** The largest message that workers take of a publisher, and some configurations. */
const MAX_FLV_BYTES = 9 * 1_024 * 1_024;

/** `GET …/thumbnail.jpg`; 404 where there is no picture, or no ffmpeg to make one. */
export function registerThumbnails(
  app: FastifyInstance,
  find: FindCluster,
  canEncode: boolean,
): void {
  const thumbnails = new Thumbnails({ encode: jpegOf, nowMs: () => realClock.nowMs() });
  app.get<{ Params: StreamParams }>(
    `${CLUSTER}/streams/:app/:stream/thumbnail.jpg`,
    async ({ params }, reply) => {
      if (!canEncode) throw new OperatorError('NOT_FOUND', 'there is no ffmpeg');
      const { namespace, name, app: folder, stream } = params;
      const view = find(params);
      const key = `${folder}/${stream}`;
      const ingest = view.stream(key)?.ingest;
      if (ingest === undefined) throw new OperatorError('NOT_FOUND', `stream ${key}`);
      const address = httpAddressOf(view, ingest);
      const path = `/debug/streams/${pathOf(params)}/picture.flv`;
      const picture = await thumbnails.get(`${namespace}/${name}/${key}`, () =>
        fetchFromWorker(address, path, MAX_FLV_BYTES),
      );
      if (picture === undefined) throw new OperatorError('NOT_FOUND', 'no picture can be made');
      return await reply
        .header('cache-control', 'private, max-age=10')
        .type('image/jpeg')
        .send(picture);
    },
  );
}
