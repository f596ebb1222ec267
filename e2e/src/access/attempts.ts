import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WsFlvRecorder } from '../clients/ws-flv.ts';
import { Child } from '../harness/child.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { eventuallyTrue } from '../harness/eventually.ts';

export const PROTOCOLS = ['rtmp publish', 'rtmp play', 'flv', 'ws-flv', 'hls'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Somebody who wants in. */
export interface Attempt {
  readonly protocol: Protocol;
  /** APP/NAME. */
  readonly stream: string;
  readonly query: string;
  /** By header instead of a parameter, where the protocol has some. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a trusted proxy says that he comes from. */
  readonly address?: string;
  /** Stays until it is ended from here. */
  readonly stays?: boolean;
}

export interface Outcome {
  readonly isAllowed: boolean;
  /** What it said when it ended: its own words. */
  readonly said: string;
}

/** What attempts are made with. */
export interface Means {
  readonly cluster: TestCluster;
  /** What is published. */
  readonly clip: string;
  /** RTMP behind a balancer that says this address. */
  readonly rtmpPortOf: (address: string | undefined) => number;
}

const PATIENCE_MS = 30_000;
const SETTLED_MS = 1_500;
const PUBLISHED_S = '1.5';
const PICTURES = '10';
const QUIET = ['-nostdin', '-hide_banner', '-v', 'error'];
/** Enough for our clip, and a second less than by default. */
const PROBE = ['-probesize', '200k', '-analyzeduration', '500k'];

/** Tries with a real client, to its end. */
export async function attempt(one: Attempt, means: Means): Promise<Outcome> {
  if (one.protocol === 'ws-flv') return await byWebSocket(one, means);
  const child = new Child('ffmpeg', argumentsOf(one, means));
  try {
    const output = await child.success(PATIENCE_MS);
    return { isAllowed: true, said: output };
  } catch {
    return { isAllowed: false, said: (await child.ended).output };
  }
}

/** Comes and stays; the way to end it. */
export function stay(one: Attempt, means: Means): Child {
  return new Child('ffmpeg', argumentsOf({ ...one, stays: true }, means));
}

function argumentsOf(one: Attempt, means: Means): string[] {
  const { protocol, stays = false } = one;
  const url = urlOf(one, means);
  if (protocol === 'rtmp publish') {
    const length = stays ? ['-stream_loop', '-1'] : ['-t', PUBLISHED_S];
    return [...QUIET, '-re', ...length, '-i', means.clip, '-c', 'copy', '-f', 'flv', url];
  }
  const length = stays ? [] : ['-frames:v', PICTURES];
  const output = ['-c', 'copy', ...length, '-map', '0:v', '-f', 'null', '-'];
  return [...QUIET, ...PROBE, ...headersOf(one), '-i', url, ...output];
}

function headersOf({ protocol, ...one }: Attempt): string[] {
  if (protocol === 'rtmp play') return [];
  const lines = Object.entries(allHeaders(one)).map(([name, value]) => `${name}: ${value}\r\n`);
  return lines.length === 0 ? [] : ['-headers', lines.join('')];
}

function allHeaders({ headers, address }: Omit<Attempt, 'protocol'>): Record<string, string> {
  return { ...headers, ...(address !== undefined && { 'X-Forwarded-For': address }) };
}

function urlOf({ protocol, stream, query, address }: Attempt, means: Means): string {
  const parameters = query === '' ? '' : `?${query}`;
  const { cluster } = means;
  if (protocol.startsWith('rtmp')) {
    return `rtmp://127.0.0.1:${means.rtmpPortOf(address)}/${stream}${parameters}`;
  }
  return `${cluster.httpUrl(stream, protocol === 'hls' ? 'm3u8' : 'flv')}${parameters}`;
}

async function byWebSocket(one: Attempt, { cluster }: Means): Promise<Outcome> {
  const { stream, query } = one;
  const url = `${cluster.wsUrl(stream)}${query === '' ? '' : `?${query}`}`;
  const file = path.join(fs.mkdtempSync(path.join(cluster.folder, 'ws-')), 'out.flv');
  const recorder = new WsFlvRecorder(url, file, { headers: allHeaders(one) });
  await eventuallyTrue('an answer', PATIENCE_MS, () => recorder.messages > 5 || recorder.isOver);
  recorder.close();
  await recorder.ended;
  const said = recorder.refusal === 0 ? '' : `status ${recorder.refusal}`;
  return { isAllowed: recorder.messages > 5, said };
}

/** A child that said nothing for a while is where it wants to be. */
export async function settled(child: Child): Promise<boolean> {
  return await Promise.race([sleep(SETTLED_MS, true), child.ended.then(() => false)]);
}
