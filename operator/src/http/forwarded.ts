import type { FastifyRequest } from 'fastify';

/** Says that a request was passed on, and must not be passed on again. */
export const FORWARDED = 'x-streamcluster-forwarded';

export function isForwarded({ headers }: FastifyRequest): boolean {
  return headers[FORWARDED] !== undefined;
}
