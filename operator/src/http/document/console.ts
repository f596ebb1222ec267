import { z } from 'zod';
import { MAX_WORKERS } from '../../api/spec/fields.ts';
import { ROLES } from '../auth/identity.ts';
import { CLUSTER, type Call } from './call.ts';

const role = z.enum(ROLES);

const session = z.strictObject({
  hasLogin: z.boolean().meta({ description: 'False: nobody has to log in.' }),
  name: z.string(),
  role: role.nullable().meta({ description: 'Null: not logged in.' }),
  by: z.enum(['nothing', 'token', 'cookie', 'proxy']).nullable(),
  hasThumbnails: z.boolean(),
});

const login = z.strictObject({ token: z.string().min(1).max(1_000) });

const replicas = z.strictObject({ replicas: z.int().min(0).max(MAX_WORKERS) });

const STREAM = `${CLUSTER}/streams/:app/:stream`;
const DRAIN = `${CLUSTER}/workers/:worker/drain`;

/** What the page asks for beside the rest. */
export const CONSOLE_CALLS: readonly Call[] = [
  {
    ...{ method: 'GET', path: '/api/v1/session', answer: session },
    summary: 'Who asks, and what for; needs no login',
  },
  {
    ...{ method: 'POST', path: '/api/v1/login', body: login, answer: z.strictObject({ role }) },
    summary: 'Trades a token for a cookie',
  },
  { method: 'POST', path: '/api/v1/logout', status: 204, summary: 'Takes the cookie back' },
  {
    ...{ method: 'GET', path: '/api/v1/events', answerType: 'text/event-stream' },
    summary:
      'Server-sent events: `all` has everything of a topic, `change` what is otherwise since, `here` nothing',
    query: {
      topics:
        'By comma: `clusters`, `cluster:NS/NAME`, `workers:NS/NAME`, `streams:NS/NAME`, `stream:NS/NAME/APP/NAME`.',
    },
  },
  {
    ...{ method: 'GET', path: `${STREAM}/ring`, answerType: 'application/json' },
    summary: 'Where writer, GOPs and readers of a stream are at a worker (docs/debugging.md)',
    query: { worker: 'Which one; the ingest worker by default.' },
  },
  {
    ...{ method: 'GET', path: `${STREAM}/thumbnail.jpg`, answerType: 'image/jpeg' },
    summary: 'The newest key frame, of the last ten seconds, as JPEG',
  },
  {
    ...{ method: 'GET', path: `${CLUSTER}/workers/:worker/totals` },
    answerType: 'application/json',
    summary: 'Where the time of a worker’s loop went since its start (docs/debugging.md)',
  },
  {
    ...{ method: 'PUT', path: `${CLUSTER}/replicas`, body: replicas, status: 204 },
    summary: 'Writes `spec.fixed.replicas`; for admins',
  },
  { method: 'PUT', path: DRAIN, status: 204, summary: 'Empties a worker; for admins' },
  { method: 'DELETE', path: DRAIN, status: 204, summary: 'Takes a drain back; for admins' },
];
