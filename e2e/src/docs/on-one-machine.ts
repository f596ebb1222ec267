import type { OneMachine } from './one-machine.ts';
import type { Step } from './step.ts';

const NEWS = { live: 'live/news' } as const;
const RULES = 'spec:\n  fixed: {replicas: 3}\n';
const PLAYED = /10 pictures of/;

/** In this order, as somebody does who reads one document after the other. */
export const ON_ONE_MACHINE: readonly Step<OneMachine>[] = [
  {
    ...{ document: 'docs/tls.md', begins: 'mkdir -p .run/tls' },
    after: (room) => room.addToSpec('  tls: {secretNames: [media-tls]}\n'),
  },
  {
    ...{ document: 'README.md', begins: 'make run', keeps: { says: /Streamcluster is ready/ } },
    after: (room) => room.noteAdminPort(),
  },
  { document: 'README.md', begins: 'make demo', keeps: { live: 'live/demo' } },
  { document: 'README.md', begins: 'ffmpeg -re', keeps: NEWS },
  { document: 'README.md', begins: 'ffplay', shows: PLAYED },
  {
    document: 'docs/getting-started.md',
    begins: 'ffplay http://127.0.0.1:8080/live/demo',
    shows: PLAYED,
  },
  {
    document: 'docs/getting-started.md',
    begins: 'ffplay http://127.0.0.1:8080/live/news',
    shows: PLAYED,
  },
  { document: 'docs/getting-started.md', begins: 'curl', shows: /"live\/news"/ },
  { document: 'docs/encoders.md', begins: 'ffmpeg -re -stream_loop', keeps: NEWS },
  { document: 'docs/encoders.md', begins: 'ffplay', shows: PLAYED },
  { document: 'docs/encoders.md', begins: 'ffmpeg -re -i film.mp4 -c:v', keeps: NEWS },
  { document: 'docs/encoders.md', begins: 'until ffmpeg', keeps: NEWS },
  { document: 'docs/encoders.md', begins: 'ffmpeg -re -i film.mp4 -c copy', keeps: NEWS },
  {
    document: 'docs/api.md',
    begins: 'api=',
    shows: /openapi.*"quickstart".*"live\/news".*"publish"/s,
  },
  { document: 'docs/api.md', begins: 'id=', after: (room) => room.notLive('live/news') },
  { document: 'docs/debugging.md', begins: 'curl -s localhost:9090/debug/loop', shows: /"readMs"/ },
  {
    document: 'docs/debugging.md',
    begins: 'curl -s localhost:9090/debug/log-level',
    shows: /debug.*debug/,
  },
  { document: 'docs/tls.md', begins: 'openssl s_client', shows: /CN ?= ?localhost/ },
  {
    ...{ document: 'docs/getting-started.md', begins: 'mkdir -p .run/access' },
    after: (room) => room.notLive('live/demo'),
  },
  { document: 'docs/getting-started.md', begins: 'expires=' },
  {
    document: 'docs/getting-started.md',
    begins: 'ffmpeg -re -i film.mp4 -c copy -f flv "',
    keeps: NEWS,
  },
  { document: 'docs/access.md', begins: 'openssl genrsa' },
  {
    ...{ document: 'docs/access.md', begins: 'mkdir -p .run/access' },
    after: (room) => room.takeSpec({ document: 'docs/access.md', begins: RULES }),
  },
  { document: 'docs/access.md', begins: 'token=', shows: /^ey/ },
  { document: 'docs/access.md', begins: 'ffmpeg', keeps: NEWS },
  { document: 'docs/access.md', begins: 'ffplay', shows: PLAYED },
  { document: 'docs/access.md', begins: 'expires=', after: mustPlay },
];

async function mustPlay(room: OneMachine, url: string): Promise<void> {
  if (!(await room.plays(url.trim()))) throw new Error(`does not play: ${url}`);
}
