import type { ClusterAccess } from '../access.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Record } from '../record.ts';
import type { Node } from './node.ts';

/** To come. */
export class RealNodes {
  readonly nodes: readonly Node[] = [];
  readonly hostAddress = '127.0.0.1';
  readonly users = new Map<string, string>();

  static prepare(_record: Record, _pinned: boolean): Promise<RealNodes> {
    return Promise.reject(new Error('level node is not there yet'));
  }

  start(_cluster: ClusterAccess, _plane: ControlPlane): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
