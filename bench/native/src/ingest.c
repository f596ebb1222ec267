/*
 * Publishers that send. Every tick one recv() for each that has something,
 * straight into the memory of its stream: what a worker has to copy and to
 * parse, this leaves where the kernel put it. Streams keep keep_ms of media.
 *
 * Nobody watches, so no page is with the kernel and memory is written over in
 * place; --fresh 1 says what it costs to give it back and to touch new pages.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor.h"

#define EVENTS 1024

typedef struct {
  int fd;
  uint32_t ring;
  uint64_t position;
} Publisher;

static Rings rings;
static uint32_t *free_rings, free_count;

static void open_memory(const Args *args) {
  rings_open(&rings, args->streams, args->bits_per_second / 8 * args->keep_ms / 1000, args->fresh);
  free_rings = malloc(args->streams * sizeof *free_rings);
  if (!free_rings) die("memory");
  while (free_count < args->streams) {
    free_rings[free_count] = args->streams - 1 - free_count;
    free_count++;
  }
}

/* More than --streams are closed at once. */
static void add(int epoll, int fd) {
  Publisher *publisher = free_count > 0 ? calloc(1, sizeof *publisher) : NULL;
  if (!publisher) {
    counts.lost++;
    close(fd);
    return;
  }
  publisher->fd = fd;
  publisher->ring = free_rings[--free_count];
  watch(epoll, fd, EPOLLIN, publisher);
}

static void drop(Publisher *publisher) {
  close(publisher->fd);
  free_rings[free_count++] = publisher->ring;
  free(publisher);
  counts.closed++;
}

static void take(Publisher *publisher) {
  uint64_t room = ring_room(&rings, publisher->ring, publisher->position);
  uint8_t *to = rings.base + ring_offset(&rings, publisher->ring, publisher->position);
  ssize_t n = recv(publisher->fd, to, room, 0);
  counts.read_calls++;
  if (n > 0) {
    counts.bytes_received += (uint64_t)n;
    publisher->position += (uint64_t)n;
  } else if (n == 0 || errno != EAGAIN) {
    drop(publisher);
  }
}

/* Each publisher once: what fits no longer is there at the next tick. */
static void take_all(int epoll) {
  static struct epoll_event events[EVENTS];
  uint64_t began = counts.read_calls;
  uint32_t publishers = (uint32_t)(counts.accepted - counts.closed);
  for (;;) {
    int n = epoll_wait(epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++) take(events[i].data.ptr);
    if (n < EVENTS || counts.read_calls - began >= publishers) return;
  }
}

void ingest_run(const Args *args) {
  struct epoll_event events[2];
  uint64_t tick_ns = args->tick_ms * 1000000ull;
  open_memory(args);
  int publishers = epoll_create1(EPOLL_CLOEXEC), epoll = epoll_create1(EPOLL_CLOEXEC);
  signals_open(epoll);
  int listener = listen_on(args->port);
  watch(epoll, listener, EPOLLIN, &listener_mark);
  for (uint64_t due = now_ns() + tick_ns;;) {
    int n = epoll_wait(epoll, events, 2, wait_ms(due));
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == &signals_mark && !signals_handle()) return;
      if (events[i].data.ptr != &listener_mark) continue;
      for (int fd; (fd = accept_next(listener)) >= 0;) add(publishers, fd);
    }
    uint64_t now = now_ns();
    if (now < due) continue;
    take_all(publishers);
    due += tick_ns;
    if (due < now) due = now + tick_ns;
  }
}
