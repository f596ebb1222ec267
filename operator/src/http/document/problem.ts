import { z } from 'zod';
import { OPERATOR_ERROR_CODES, type OperatorError } from '../../errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** An error as every call of the API answers it (RFC 9457). */
export const problem = z.strictObject({
  type: z.string().meta({ description: 'Names the kind of error; not an address.' }),
  title: z.string().meta({ description: 'The same for all errors of the code.' }),
  status: z.int().meta({ description: 'That of the answer.' }),
  detail: z.string().meta({ description: 'What it was this time, for people.' }),
  instance: z.string().meta({ description: 'Path of the request.' }),
  code: z.enum(OPERATOR_ERROR_CODES).meta({ description: 'See docs/errors.md.' }),
});

export function problemOf(error: OperatorError, path: string): z.output<typeof problem> {
  const { code, title, httpStatus, message } = error;
  const type = `urn:streamcluster:error:${code}`;
  return { type, title, status: httpStatus, detail: message, instance: path, code };
}
