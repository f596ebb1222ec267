import { fanOut } from './a-fan-out.ts';
import { rtmpFanOut } from './b-rtmp.ts';
import { ingest } from './c-ingest.ts';
import { playlists } from './d-playlists.ts';
import { segments } from './e-segments.ts';
import { overTls } from './f-tls.ts';
import { wsFlv } from './g-ws-flv.ts';
import { relay } from './h-relay.ts';
import { idleStreams } from './i-idle.ts';
import { slowViewers } from './j-slow-viewers.ts';
import { joinStorm } from './k-join-storm.ts';
import { latency } from './l-latency.ts';
import { churn } from './m-churn.ts';
import { overload } from './n-overload.ts';
import { sessions } from './sessions.ts';
import { startTime } from './start-time.ts';
import type { Workload } from './workload.ts';

/** All workloads, in the order in which they run. */
export const WORKLOADS: readonly Workload[] = [
  ...[fanOut, rtmpFanOut, ingest, playlists, segments, overTls, wsFlv, relay],
  ...[idleStreams, slowViewers, joinStorm, latency, churn, overload, startTime, sessions],
];
