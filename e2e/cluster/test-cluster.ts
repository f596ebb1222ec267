import { ClusterAccess } from './access.ts';
import type { ApiServer } from './api-server.ts';
import type { ControlPlane } from './control-plane.ts';
import type { FakeNodes } from './fake-nodes.ts';
import type { Janitor } from './janitor-process.ts';
import { RealNodes } from './node/real-nodes.ts';
import type { Node } from './node/node.ts';
import type { Record } from './record.ts';
import { tearDown } from './tear-down.ts';

export interface Parts {
  readonly record: Record;
  readonly janitor: Janitor;
  readonly plane: ControlPlane;
  readonly fakeNodes: FakeNodes | undefined;
  readonly realNodes: RealNodes | undefined;
}

/** A cluster that this process started. */
export class TestCluster extends ClusterAccess {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    super(parts.plane.kubeconfig, parts.record.folder);
    this.parts = parts;
  }

  /** Where its logs and files are, while it runs. */
  get clusterFolder(): string {
    return this.parts.record.folder;
  }

  get adminToken(): string {
    return this.parts.plane.adminToken;
  }

  get apiServer(): ApiServer {
    return this.parts.plane.apiServer;
  }

  /** Path of the API server's audit log. */
  get auditLog(): string {
    return this.apiServer.auditLog;
  }

  /** The real nodes; none but at level `node`. */
  get nodes(): readonly Node[] {
    return this.parts.realNodes?.nodes ?? [];
  }

  /** Adds fake nodes, on which pods seem to run; resolves with their names when they are ready. */
  addFakeNodes(count: number): Promise<string[]> {
    if (this.parts.fakeNodes === undefined) throw new Error('fake nodes are of level kwok');
    return this.parts.fakeNodes.add(this, count);
  }

  /** Gives an image, as an archive of docker or OCI, to every real node. */
  async loadImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.loadImage(archive)));
  }

  /** Ends all and removes what it made, its logs too. */
  async stop(): Promise<void> {
    const { record, janitor, plane, fakeNodes, realNodes } = this.parts;
    await realNodes?.stop();
    await fakeNodes?.stop();
    await plane.stop();
    await tearDown(record);
    await janitor.dismiss();
    if (realNodes !== undefined) RealNodes.release();
  }
}
