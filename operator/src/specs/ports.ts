/** docs/kubernetes.md, Ports. */
export const RTMP_PORT = 1935;
export const HTTP_PORT = 8080;
export const ADMIN_PORT = 9090;
export const GRPC_PORT = 9091;
