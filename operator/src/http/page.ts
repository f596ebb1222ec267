import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import path from 'node:path';
import { pageRoot, vendorFiles } from '@streamcluster/console';
import { OperatorError } from '../errors.ts';
import type { Endpoints } from './view.ts';

/** Where workers serve media. */
export type MediaPorts = Pick<Endpoints, 'http' | 'https'>;

export interface PageOptions {
  readonly mediaPorts: MediaPorts;
  /** Workers send viewers on to one another, at whatever addresses they have. */
  readonly isRedirecting: () => boolean;
}

const HOST = /^[A-Za-z0-9.-]+$|^\[[0-9A-Fa-f:.]+\]$/;

/** The page and the players that it loads. */
export async function registerPage(app: FastifyInstance, options: PageOptions): Promise<void> {
  await app.register(fastifyStatic, {
    root: pageRoot,
    cacheControl: false,
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!request.url.startsWith('/api/')) addPolicy(request, reply, options);
    done(null, payload);
  });
  app.get<{ Params: { file: string } }>('/vendor/:file', ({ params }, reply) => {
    const file = Object.hasOwn(vendorFiles, params.file) ? vendorFiles[params.file] : undefined;
    if (file === undefined) throw new OperatorError('NOT_FOUND', `/vendor/${params.file}`);
    return reply.sendFile(path.basename(file), path.dirname(file));
  });
}

function addPolicy(request: FastifyRequest, reply: FastifyReply, options: PageOptions): void {
  const sources = options.isRedirecting()
    ? ANYWHERE
    : sourcesAt(request.hostname, options.mediaPorts);
  void reply
    .header('content-security-policy', contentSecurityPolicy(sources))
    .header('cache-control', 'no-cache');
}

/** Where media may come from. */
interface Sources {
  readonly media: string;
  readonly sockets: string;
}

const ANYWHERE: Sources = { media: 'http: https:', sockets: 'ws: wss:' };

export function sourcesAt(hostname: string, { http, https }: MediaPorts): Sources {
  // The header is the client's: only what is a host's name is put into ours.
  const host = HOST.test(hostname) ? hostname : '127.0.0.1';
  return {
    // At the plain port a proxy may speak TLS for the workers.
    media: `http://${host}:${http} https://${host}:${http} https://${host}:${https}`,
    sockets: `ws://${host}:${http} wss://${host}:${http} wss://${host}:${https}`,
  };
}

/**
 * Nothing but our own scripts, and media from the workers' ports of the same
 * host. mpegts.js and hls.js run workers and media sources from blobs.
 */
export function contentSecurityPolicy({ media, sockets }: Sources): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${media} ${sockets}`,
    `media-src 'self' blob: ${media}`,
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
