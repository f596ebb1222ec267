import type { z } from 'zod';

/** One call of the API, as it is documented and checked. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As Fastify has it: `:name` is a parameter. */
  readonly path: string;
  readonly summary: string;
  /** Parameters behind the `?`, with what they are. */
  readonly query?: Readonly<Record<string, string>>;
  /** What is sent, as JSON. */
  readonly body?: z.ZodType;
  /** Undefined: not JSON of our own, or nothing. */
  readonly answer?: z.ZodType;
  /** Of an answer without a schema. */
  readonly answerType?: string;
  /** 200 unless it is said. */
  readonly status?: 204;
}

export const CLUSTER = '/api/v1/clusters/:namespace/:name';
