/** The one door: real Kubernetes clusters on this machine, for tests. */
export { attach, type ClusterAccess } from './access.ts';
export { leftovers } from './leftovers.ts';
export { projectImages } from './images.ts';
export { TOOLS_IMAGE, toolsArchive } from './image/tools.ts';
export type { Node } from './node/node.ts';
export { type Level, startCluster } from './start.ts';
export type { TestCluster } from './test-cluster.ts';
