/** The door for the simulation of faults (simulate/src/faults). */
export type { Bus, WriteResult } from '../bus.ts';
export type { Claim } from '../claim.ts';
export type { Cluster } from '../cluster.ts';
export type {
  AssignCall,
  Peers,
  PrepareCall,
  ReleaseAnswer,
  ReleaseCall,
  ServeCall,
  ServeResult,
} from '../peers.ts';
export { responseOf, serveCallOf } from '../adapters/grpc-serve.ts';
export type { Elsewhere } from '../stream-access.ts';
export { streamName, type StreamName } from '../../media/stream-name.ts';
export type { Clock, Timer } from '../../stream/clock.ts';
export type { Watch } from '../../stream/testing/rig.ts';
export { BareWorker, type SimNet } from './bare-worker.ts';
export type { MemoryBus } from './memory-bus.ts';
export { MemoryNats, type Row } from './memory-nats.ts';
export type { SimPublisher } from './sim-publisher.ts';
export { meetPlayer } from '../../stream/testing/players.ts';
