/** The one door of the contract between operator and workers. */
export { LoadReport, NumaAlignment } from './gen/streamcluster/v1/load.ts';
export {
  OperatorServiceClient,
  OperatorServiceService,
  PlaceRequest,
  PlaceResponse,
} from './gen/streamcluster/v1/operator.ts';
export type { OperatorServiceServer } from './gen/streamcluster/v1/operator.ts';
export {
  AcceptRequest,
  AcceptResponse,
  AccessConfig,
  AccessRule,
  ActionAccess,
  AssignRequest,
  AssignResponse,
  ConfigureRequest,
  ConfigureResponse,
  DrainConfig,
  DrainRequest,
  DrainResponse,
  HlsConfig,
  ListStreamsRequest,
  ListStreamsResponse,
  PrepareRequest,
  PrepareResponse,
  ReleaseRequest,
  ReleaseResponse,
  ServeOutcome,
  ServeRequest,
  ServeResponse,
  StreamInfo,
  StreamInfo_Role,
  StreamsConfig,
  TrackInfo,
  UndrainRequest,
  UndrainResponse,
  WorkerServiceClient,
  WorkerServiceService,
} from './gen/streamcluster/v1/worker.ts';
export type { WorkerServiceServer } from './gen/streamcluster/v1/worker.ts';
export {
  bucketKey,
  encodeDirectoryEntry,
  parseDirectoryEntry,
  streamKeyOf,
} from './directory-entry.ts';
export type { DirectoryEntry } from './directory-entry.ts';
export { loadSubject } from './subjects.ts';
