/*
 * Viewers of streams. Every tick the streams get what is due, and each viewer is
 * sent what it lacks: one sendfile() (two where the ring begins anew). All
 * viewers are sent to at once, in the order in which they came, with one wake-up a
 * tick. The worker spreads them over the tick in steps of 4 ms, which showed no
 * difference here and is policy.
 *
 * A viewer follows stream number (its own number modulo streams), from the head
 * at the moment when it asks: with its first bytes, or, where no answer is to be
 * in front, by connecting. What it says is not looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "floor.h"

#define EVENTS 512
#define SCRATCH_BYTES 16384

static const Transport *transport;
static Streams streams;
static Peer **viewers;
static uint32_t viewer_count, viewer_capacity, numbered;

static void start(Peer *viewer) {
  viewer->position = streams.heads[viewer->stream];
  viewer->playing = true;
}

static void add(int epoll, int fd, const Args *args, bool with_head) {
  if (viewer_count == viewer_capacity) {
    viewer_capacity = viewer_capacity ? viewer_capacity * 2 : 1024;
    viewers = realloc(viewers, viewer_capacity * sizeof *viewers);
    if (!viewers) die("memory");
  }
  Peer *viewer = peer_open(transport, fd);
  viewer->stream = numbered++ % args->streams;
  viewers[viewer_count++] = viewer;
  if (!with_head) start(viewer);
  watch(epoll, fd, EPOLLIN, viewer);
}

static void drop(Peer *viewer) {
  for (uint32_t i = 0; i < viewer_count; i++) {
    if (viewers[i] != viewer) continue;
    viewers[i] = viewers[--viewer_count];
    break;
  }
  peer_close(transport, viewer);
}

/* Says where the stream's bytes begin, so that a client can check them. */
static bool answer(Peer *viewer) {
  char head[256];
  start(viewer);
  int bytes = snprintf(head, sizeof head,
                       "HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n"
                       "X-Stream: %u\r\nX-Position: %llu\r\n\r\n",
                       viewer->stream, (unsigned long long)viewer->position);
  return transport->send(viewer, head, (size_t)bytes, 0, 0) >= 0;
}

static void on_readable(Peer *viewer) {
  static uint8_t scratch[SCRATCH_BYTES];
  ssize_t n = transport->receive(viewer, scratch, sizeof scratch);
  if (n < 0 || (n > 0 && !viewer->playing && !answer(viewer))) drop(viewer);
}

/* False: over. */
static bool send_pending(Peer *viewer) {
  const Rings *rings = &streams.rings;
  uint64_t head = streams.heads[viewer->stream];
  if (head - viewer->position > rings->ring_bytes - UNIT_BYTES) {
    counts.lost++;
    return false;
  }
  while (viewer->position < head) {
    uint64_t offset = ring_offset(rings, viewer->stream, viewer->position);
    uint64_t left = (viewer->stream + 1) * rings->ring_bytes - offset;
    uint64_t length = head - viewer->position < left ? head - viewer->position : left;
    ssize_t n = transport->send(viewer, NULL, 0, offset, length);
    if (n < 0) return false;
    viewer->position += (uint64_t)n;
    /* The socket is full: the next tick tries again. */
    if ((uint64_t)n < length) return true;
  }
  return true;
}

static void send_all(void) {
  for (uint32_t i = 0; i < viewer_count;) {
    Peer *viewer = viewers[i];
    if (viewer->playing && !send_pending(viewer)) {
      viewers[i] = viewers[--viewer_count];
      peer_close(transport, viewer);
    } else {
      i++;
    }
  }
}

void fanout_run(const Args *args, TransportOf transport_of, bool with_head) {
  struct epoll_event events[EVENTS];
  uint64_t tick_ns = args->tick_ms * 1000000ull;
  clip_open(args->clip);
  streams_open(&streams, args);
  transport = transport_of(&streams.rings, args);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  signals_open(epoll);
  int listener = listen_on(args->port);
  watch(epoll, listener, EPOLLIN, &listener_mark);
  for (uint64_t due = now_ns() + tick_ns;;) {
    int n = epoll_wait(epoll, events, EVENTS, wait_ms(due));
    for (int i = 0; i < n; i++) {
      void *data = events[i].data.ptr;
      if (data == &listener_mark) {
        for (int fd; (fd = accept_next(listener)) >= 0;) add(epoll, fd, args, with_head);
      } else if (data == &signals_mark) {
        if (!signals_handle()) return;
      } else {
        on_readable(data);
      }
    }
    uint64_t now = now_ns();
    if (now < due) continue;
    streams_advance(&streams, now);
    send_all();
    due += tick_ns;
    if (due < now) due = now + tick_ns;
  }
}
