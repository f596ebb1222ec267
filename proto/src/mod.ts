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
  BannedVisitor,
  BanRequest,
  BanResponse,
  ConfigureRequest,
  ConfigureResponse,
  DrainConfig,
  DrainRequest,
  DrainResponse,
  HlsConfig,
  KickRequest,
  KickResponse,
  ListSessionsRequest,
  ListSessionsResponse,
  ListStreamsRequest,
  ListStreamsResponse,
  PrepareRequest,
  PrepareResponse,
  PublisherCondition,
  PublisherCondition_Type,
  PublisherHealth,
  ReleaseRequest,
  ReleaseResponse,
  ServeOutcome,
  ServeRequest,
  ServeResponse,
  SessionInfo,
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
export { hlsKeyId } from './hls-key.ts';
export { loadSubject } from './subjects.ts';
