/** Objects of the API server, as far as the plugin reads them. What an older or
 * newer server, or operator, leaves out is undefined. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface List<Item> {
  readonly metadata?: { readonly continue?: string };
  readonly items: readonly Item[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface StreamCluster {
  readonly metadata: Metadata;
  readonly spec?: {
    readonly fixed?: { readonly replicas?: number };
    readonly autoscaling?: {
      readonly minReplicas?: number;
      readonly maxReplicas?: number;
      readonly streamsPerWorker?: number;
      readonly bufferStreams?: number;
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly phase?: string;
    readonly desiredReplicas?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly draining?: number;
    readonly streams?: number;
    readonly viewers?: number;
    readonly maxLoad?: string;
    readonly numa?: string;
    readonly conditions?: readonly Condition[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly restartCount?: number;
}

export interface Pod {
  readonly metadata: Metadata;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface KubeEvent {
  readonly metadata: Metadata;
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject?: {
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

export interface Service {
  readonly metadata: Metadata;
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  };
}
