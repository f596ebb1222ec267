/*
 * The whole design rests on one promise of the kernel: pages handed over by
 * sendfile and then punched still reach the reader as they were. It was found
 * broken with huge pages, so every start proves it anew (about a millisecond).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"

#define TEST_BYTES (2 * UNIT_BYTES)
#define TEST_OLD 0xA5
#define TEST_NEW 0x5A

/* A loopback TCP pair; both ends non-blocking. False where there is none. */
static bool tcp_pair(int ends[2]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int server = -1;
  if (listener >= 0 && client >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 &&
      listen(listener, 1) == 0 &&
      getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
      connect(client, (struct sockaddr *)&address, length) == 0) {
    server = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  }
  if (listener >= 0) close(listener);
  if (server < 0 && client >= 0) close(client);
  ends[0] = server;
  ends[1] = client;
  return server >= 0;
}

/* Reads what is in flight and counts bytes that changed on the way. */
static bool arrives_intact(int fd, size_t length) {
  uint8_t bytes[16384];
  struct timeval patience = {.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (length > 0) {
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    for (ssize_t i = 0; i < n; i++) {
      if (bytes[i] != TEST_OLD) return false;
    }
    length -= (size_t)n;
  }
  return true;
}

static const char *run(const Arena *arena, const int ends[2]) {
  off_t offset = 0;
  memset(arena->base, TEST_OLD, TEST_BYTES);
  ssize_t sent = sendfile(ends[0], arena->fd, &offset, TEST_BYTES);
  if (sent <= 0) return "sendfile from a memfd does not work on this kernel";
  if (fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, TEST_BYTES) < 0) {
    return "holes cannot be punched into a memfd on this kernel";
  }
  for (size_t i = 0; i < TEST_BYTES; i++) {
    if (arena->base[i] != 0) return "a punched hole does not read as zeros on this kernel";
  }
  memset(arena->base, TEST_NEW, TEST_BYTES);
  if (!arrives_intact(ends[1], (size_t)sent)) {
    return "bytes in flight change when their memory is punched: turn off transparent huge pages "
           "of shared memory (/sys/kernel/mm/transparent_hugepage/shmem_enabled)";
  }
  fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, TEST_BYTES);
  return NULL;
}

const char *arena_self_test(const Arena *arena) {
  int ends[2];
  if (arena->bytes < TEST_BYTES) return "the arena is too small";
  if (!tcp_pair(ends) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
    return "no pair of sockets for the self-test";
  }
  const char *fault = run(arena, ends);
  close(ends[0]);
  close(ends[1]);
  return fault;
}
