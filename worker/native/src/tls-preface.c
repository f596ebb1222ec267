/*
 * A header of the PROXY protocol in front of a handshake, as balancers write it. Only
 * its end is found here: whether it is believed, and of whom it tells, JavaScript
 * decides once hands are shaken (formats/proxy-protocol).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tls-private.h"

#define V2_HEAD_BYTES 16
#define V1_MAX_BYTES 107

enum { SIZE_NONE = 0, SIZE_PARTIAL = -1, SIZE_TOO_LONG = -2 };

static const uint8_t V1_START[] = "PROXY ";
static const uint8_t V2_START[] = "\r\n\r\n\0\r\nQUIT\n";

/* As far as there are bytes. */
static bool begins(const uint8_t *p, size_t length, const uint8_t *start, size_t start_length) {
  return memcmp(p, start, length < start_length ? length : start_length) == 0;
}

static ssize_t header_size(const uint8_t *p, size_t length) {
  if (begins(p, length, V2_START, sizeof V2_START - 1)) {
    if (length < V2_HEAD_BYTES) return SIZE_PARTIAL;
    size_t size = V2_HEAD_BYTES + ((size_t)p[14] << 8 | p[15]);
    if (size > PREFACE_MAX_BYTES) return SIZE_TOO_LONG;
    return size <= length ? (ssize_t)size : SIZE_PARTIAL;
  }
  if (!begins(p, length, V1_START, sizeof V1_START - 1)) return SIZE_NONE;
  size_t most = length < V1_MAX_BYTES ? length : V1_MAX_BYTES;
  const uint8_t *end = memchr(p, '\n', most);
  if (end) return end - p + 1;
  return length < V1_MAX_BYTES ? SIZE_PARTIAL : SIZE_TOO_LONG;
}

/* What was looked at is there. */
static ssize_t take(Connection *connection, size_t size) {
  TlsConnection *own = connection->tls;
  own->preface = malloc(size);
  if (!own->preface) abort();
  own->preface_length = (uint32_t)size;
  return recv(connection->fd, own->preface, size, MSG_DONTWAIT);
}

ssize_t tls_preface_read(Engine *engine, Connection *connection) {
  TlsConnection *own = connection->tls;
  uint8_t *p = engine->tls->in;
  ssize_t n = recv(connection->fd, p, PREFACE_MAX_BYTES, MSG_DONTWAIT | MSG_PEEK);
  if (n <= 0) return n;
  ssize_t size = header_size(p, (size_t)n);
  if (size < 0) {
    own->why = size == SIZE_TOO_LONG ? "PROXY header too long" : "PROXY header not complete";
    errno = size == SIZE_TOO_LONG ? EPROTO : EAGAIN;
    return -1;
  }
  own->prefaced = true;
  own->why = NULL;
  return size == SIZE_NONE ? n : take(connection, (size_t)size);
}

uint8_t *tls_preface(const Connection *connection, size_t *length) {
  const TlsConnection *own = connection->tls;
  *length = own ? own->preface_length : 0;
  return own ? own->preface : NULL;
}
