import type { ChannelOptions } from '@grpc/grpc-js';

/** For servers and clients of the cluster: dead peers are noticed, messages
 * stay small (media never travels here). */
export const GRPC_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  'grpc.max_send_message_length': 16 * 1024 * 1024,
};
