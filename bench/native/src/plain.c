/*
 * Straight to the kernel: send() for the head, sendfile() from the memfd for the
 * rest; or, with --copy 1, send() for that too. Which of the two costs less is
 * not plain: a copy of bytes that are in the cache, because the viewer before got
 * them, is cheap, and its pages may be written over without a hole; but it takes
 * as much kernel memory as all viewers together have in flight.
 */
#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "floor.h"

static int file = -1;
static const uint8_t *base;
static bool copies;

static void nothing(Peer *peer) { (void)peer; }

static ssize_t receive(Peer *peer, void *out, size_t capacity) {
  ssize_t n = recv(peer->fd, out, capacity, 0);
  counts.read_calls++;
  if (n > 0) counts.bytes_received += (uint64_t)n;
  if (n < 0 && errno == EAGAIN) return 0;
  return n > 0 ? n : -1;
}

/* A head goes into an empty socket, so a part of it means that something broke. */
static bool send_head(Peer *peer, const char *head, size_t bytes, bool more) {
  ssize_t n = send(peer->fd, head, bytes, more ? MSG_MORE : 0);
  counts.send_calls++;
  if (n > 0) counts.bytes_sent += (uint64_t)n;
  return n == (ssize_t)bytes;
}

static ssize_t send_span(Peer *peer, const char *head, size_t head_bytes, uint64_t offset,
                         uint64_t length) {
  if (head_bytes > 0 && !send_head(peer, head, head_bytes, length > 0)) return -1;
  if (length == 0) return 0;
  off_t at = (off_t)offset;
  ssize_t n = copies ? send(peer->fd, base + offset, length, 0)
                     : sendfile(peer->fd, file, &at, length);
  counts.send_calls++;
  if (n < 0) return errno == EAGAIN ? 0 : -1;
  counts.bytes_sent += (uint64_t)n;
  return n;
}

const Transport *plain_transport(const Rings *rings, const Args *args) {
  static const Transport transport = {nothing, receive, send_span, nothing};
  file = rings->fd;
  base = rings->base;
  copies = args->copy;
  return &transport;
}
