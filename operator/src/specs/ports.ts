/** docs/kubernetes.md, Ports. */
export const RTMP_PORT = 1935;
export const HTTP_PORT = 8080;
export const RTMPS_PORT = 1936;
export const HTTPS_PORT = 8443;
export const ADMIN_PORT = 9090;
export const GRPC_PORT = 9091;
