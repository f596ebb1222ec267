/*
 * Requests and answers on connections that stay: one recv() and, for a small
 * body, one send() of a constant buffer; for a large one send(MSG_MORE) of the
 * head and sendfile() of the body. A request is what ends in an empty line; one
 * that is sent before the last one's answer is not understood.
 *
 * Edges, so that nothing is armed or disarmed when a socket is full.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "floor.h"

#define EVENTS 512
#define SCRATCH_BYTES 65536
#define HEAD_MAX_BYTES 256

static const Transport *transport;
static Rings body;
static char *answer; /* The head, and the body where they are one. */
static size_t answer_bytes;
static uint64_t span_bytes; /* Of the body, by sendfile(). */

static void make_answer(uint64_t bytes, bool in_one) {
  rings_open(&body, 1, bytes, false);
  clip_copy(body.base, 0, bytes);
  answer = malloc(HEAD_MAX_BYTES + bytes);
  if (!answer) die("memory");
  answer_bytes = (size_t)snprintf(answer, HEAD_MAX_BYTES,
                                  "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                                  "Content-Length: %llu\r\n\r\n",
                                  (unsigned long long)bytes);
  span_bytes = in_one ? 0 : bytes;
  if (!in_one) return;
  memcpy(answer + answer_bytes, body.base, bytes);
  answer_bytes += bytes;
}

/* False: over. */
static bool send_rest(Peer *peer, size_t head_bytes) {
  do {
    ssize_t n = transport->send(peer, answer, head_bytes, peer->position, peer->remaining);
    if (n < 0) return false;
    if (n == 0) return true;
    head_bytes = 0;
    peer->position += (uint64_t)n;
    peer->remaining -= (uint64_t)n;
  } while (peer->remaining > 0);
  return true;
}

static bool on_readable(Peer *peer) {
  static char scratch[SCRATCH_BYTES];
  ssize_t n = transport->receive(peer, scratch, sizeof scratch);
  if (n < 0) return false;
  if (n < 4 || memcmp(scratch + n - 4, "\r\n\r\n", 4) != 0) return true;
  peer->position = 0;
  peer->remaining = span_bytes;
  return send_rest(peer, answer_bytes);
}

static void on_event(Peer *peer, uint32_t events) {
  bool alive = true;
  if (events & EPOLLOUT) alive = send_rest(peer, 0);
  if (alive && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) alive = on_readable(peer);
  if (!alive) peer_close(transport, peer);
}

void answers_run(const Args *args, TransportOf transport_of, bool in_one) {
  struct epoll_event events[EVENTS];
  clip_open(args->clip);
  make_answer(args->body_bytes, in_one);
  transport = transport_of(&body, args);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  signals_open(epoll);
  int listener = listen_on(args->port);
  watch(epoll, listener, EPOLLIN, &listener_mark);
  for (;;) {
    int n = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      void *data = events[i].data.ptr;
      if (data == &listener_mark) {
        for (int fd; (fd = accept_next(listener)) >= 0;) {
          watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLET, peer_open(transport, fd));
        }
      } else if (data == &signals_mark) {
        if (!signals_handle()) return;
      } else {
        on_event(data, events[i].events);
      }
    }
  }
}
