import { createAdminApp } from '../admin/admin-app.ts';
import { GrpcControlServer } from '../cluster/adapters/grpc-control.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { RelayRoute, type RelayAccess } from '../cluster/relay-route.ts';
import { WorkerError } from '../errors.ts';
import { HttpServer } from '../protocols/http/server.ts';
import { debugLoop, debugObjects, debugTotals } from './debug-views.ts';
import { listening } from './listen-hosts.ts';
import type { Readiness } from './readiness.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Of the ports that are open. */
export interface ControlPortNumbers {
  readonly adminPort: number;
  readonly grpcPort: number;
}

/** Ports for operator and other workers, open from the start: health, metrics, debugging
 * and relays over HTTP, commands over gRPC. */
export class ControlPorts {
  private readonly parts: WorkerParts;
  private readonly readiness: Readiness;
  private admin: HttpServer | undefined = undefined;
  private control: GrpcControlServer | undefined = undefined;

  constructor(parts: WorkerParts, readiness: Readiness) {
    this.parts = parts;
    this.readiness = readiness;
  }

  /** Throws PORT_IN_USE. */
  async start(): Promise<ControlPortNumbers> {
    const admin = await this.makeAdmin();
    this.admin = admin;
    listening(() => admin.start());
    this.control = this.makeControl();
    const grpcPort = await this.control.start();
    return { adminPort: admin.port, grpcPort };
  }

  closeAdmin(): void {
    this.admin?.close();
  }

  async stopControl(): Promise<void> {
    await this.control?.stop();
  }

  private async makeAdmin(): Promise<HttpServer> {
    const { parts, readiness } = this;
    const { engine, log, metrics, options, streams, settings } = parts;
    const access: RelayAccess = {
      seat: async (query) => await this.present().seat(query),
    };
    const fallback = await createAdminApp({
      notReady: () => readiness.notReady(),
      metrics,
      loop: () => debugLoop(parts),
      objects: () => debugObjects(parts),
      totals: () => debugTotals(parts),
      looks: {
        stream: (name) => streams.get(name),
        maxLagSeconds: () => settings.streams.maxLagSeconds,
      },
      hasProfiles: options.profile === 'on',
      log,
    });
    return new HttpServer({
      ...{ engine, log, fallback },
      counters: metrics,
      routes: [new RelayRoute(access, log)],
      hosts: [options.adminHost],
      port: options.adminPort,
      reusePort: false,
      paced: false,
    });
  }

  private makeControl(): GrpcControlServer {
    const { log, metrics, options, visitors, credentials } = this.parts;
    return new GrpcControlServer({
      worker: options.id,
      log,
      host: options.adminHost,
      port: options.grpcPort,
      control: () => this.present().control,
      sessions: visitors.desk,
      counters: metrics,
      security: credentials.security,
    });
  }

  /** Calls may come in the moment before it is made. */
  private present(): Cluster {
    const { cluster } = this.parts;
    if (cluster === undefined) throw new WorkerError('WORKER_OVERLOADED', 'starting');
    return cluster;
  }
}
