#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "engine.h"

#define KEEPALIVE_IDLE_S 20
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_PROBES 3
/* A peer that acknowledges nothing for so long is gone (RFC 5482). Linux counts
 * a closed window too, so it is above the longest time that a viewer may stand
 * still (twice 60 s of lag): who is stuck is closed by name, not by the kernel. */
#define USER_TIMEOUT_MS 130000

static void set(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

void socket_options(const Engine *engine, int fd) {
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
  if (engine->options.send_buffer_bytes > 0) {
    set(fd, SOL_SOCKET, SO_SNDBUF, (int)engine->options.send_buffer_bytes);
  }
  if (engine->options.receive_buffer_bytes > 0) {
    set(fd, SOL_SOCKET, SO_RCVBUF, (int)engine->options.receive_buffer_bytes);
  }
}

bool socket_memory(int fd, double *out) {
  int unacknowledged = 0, unsent = 0, unread = 0;
  uint32_t memory[SK_MEMINFO_VARS] = {0};
  socklen_t length = sizeof memory;
  if (ioctl(fd, SIOCOUTQ, &unacknowledged) < 0) return false;
  ioctl(fd, SIOCOUTQNSD, &unsent);
  ioctl(fd, FIONREAD, &unread);
  getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length);
  out[0] = unacknowledged;
  out[1] = unsent;
  out[2] = unread;
  out[3] = memory[SK_MEMINFO_WMEM_QUEUED];
  out[4] = memory[SK_MEMINFO_RMEM_ALLOC];
  return true;
}

bool socket_address(const char *host, uint16_t port, struct sockaddr_in6 *out, socklen_t *length) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)out;
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    *length = sizeof *v4;
    return true;
  }
  if (inet_pton(AF_INET6, host, &out->sin6_addr) != 1) return false;
  out->sin6_family = AF_INET6;
  out->sin6_port = htons(port);
  *length = sizeof *out;
  return true;
}

CloseReason socket_reason(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:
      return CLOSE_RESET;
    case ETIMEDOUT:
      return CLOSE_TIMEOUT;
    case ECONNREFUSED:
      return CLOSE_REFUSED;
    default:
      return CLOSE_ERROR;
  }
}

void socket_raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}
