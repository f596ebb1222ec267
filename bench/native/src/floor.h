/*
 * Floors: the least that a machine must do for what a worker delivers. Only
 * system calls and page costs; no protocol is understood, nothing is decided,
 * nobody is waited for. One thread, one epoll.
 *
 * Everything here ends the program when the system refuses (die()): a floor
 * that goes on with half of what it needs would measure something else.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- args.c ---- */

typedef struct {
  const char *task;
  uint16_t port; /* 0: the kernel's choice. */
  uint32_t tick_ms, streams, keep_ms;
  uint64_t bits_per_second, body_bytes;
  const char *clip;         /* File that streams repeat; NULL: a pattern. */
  bool fresh;               /* Memory that is used again gets fresh pages first. */
  bool copy;                /* Plain transport: by send(), not sendfile(). */
  const char *cert, *key, *cipher;
} Args;

Args args_parse(int count, char **words);

/* ---- base.c ---- */

typedef struct {
  uint64_t send_calls, read_calls, bytes_sent, bytes_received, accepted, closed;
  uint64_t lost; /* Viewers closed because they were too slow. */
} Counts;

extern Counts counts;

_Noreturn void die(const char *what);
uint64_t now_ns(void);
/* Prints `ready {"port":N}` and returns the socket, which does not block. */
int listen_on(uint16_t port);
/* -1: nobody waits. */
int accept_next(int listener);
/* On SIGUSR1 a line with the counts is printed; SIGINT and SIGTERM stop. */
void signals_open(int epoll);
/* Call when the event with signals_mark came. False: end. */
bool signals_handle(void);
extern char signals_mark, listener_mark;
void watch(int epoll, int fd, uint32_t events, void *data);
/* Of epoll_wait() that returns by until_ns at the latest. */
int wait_ms(uint64_t until_ns);

/* ---- clip.c: what streams and bodies consist of, byte p is that of p % length. ---- */

void clip_open(const char *file);
void clip_copy(uint8_t *to, uint64_t position, uint64_t length);

/* ---- rings.c: memory of streams, one ring each, in one memfd. ---- */

#define UNIT_BYTES 65536u

typedef struct {
  int fd;
  uint8_t *base;
  uint64_t ring_bytes; /* Of each, whole units. */
  bool fresh;
} Rings;

void rings_open(Rings *rings, uint32_t count, uint64_t keep_bytes, bool fresh);
/* Where a position of a ring is in the file and behind base. */
static inline uint64_t ring_offset(const Rings *rings, uint32_t ring, uint64_t position) {
  return ring * rings->ring_bytes + position % rings->ring_bytes;
}
/* Bytes that may be written at a position in one piece, never 0. What is there
 * from the turn before is gone with its unit's first byte. */
uint64_t ring_room(const Rings *rings, uint32_t ring, uint64_t position);

/* ---- streams.c: what publishers would have written by now. ---- */

typedef struct {
  Rings rings;
  uint64_t *heads; /* Position of the next byte of each stream. */
} Streams;

void streams_open(Streams *streams, const Args *args);
/* Appends every message that is due. */
void streams_advance(Streams *streams, uint64_t now);

/* ---- Transports: plain.c by system calls, tls.c by OpenSSL of Node. ---- */

typedef struct {
  int fd;
  uint32_t stream;
  bool playing;
  uint64_t position, remaining; /* Next byte; bytes that the answer still has. */
  void *session;                /* Of the transport. */
} Peer;

typedef struct {
  void (*opened)(Peer *peer);
  /* Reads once. 0: nothing for us yet, -1: over. */
  ssize_t (*receive)(Peer *peer, void *out, size_t capacity);
  /* Sends the head, which may be empty, and a span of the file. Bytes of the
   * span that are done with, fewer where the socket is full; -1: over. */
  ssize_t (*send)(Peer *peer, const char *head, size_t head_bytes, uint64_t offset,
                  uint64_t length);
  void (*closed)(Peer *peer);
} Transport;

/* rings is what spans are of. */
const Transport *plain_transport(const Rings *rings, const Args *args);
const Transport *tls_transport(const Rings *rings, const Args *args);

/* NULL: over, or nobody came. */
Peer *peer_open(const Transport *transport, int fd);
void peer_close(const Transport *transport, Peer *peer);

/* ---- The jobs; each returns when it is told to stop. ---- */

typedef const Transport *(*TransportOf)(const Rings *rings, const Args *args);

/* Viewers of streams. With_head: an HTTP answer goes in front. */
void fanout_run(const Args *args, TransportOf transport_of, bool with_head);
/* Answers of body_bytes. In_one: the head and the body are one buffer. */
void answers_run(const Args *args, TransportOf transport_of, bool in_one);
void ingest_run(const Args *args);
