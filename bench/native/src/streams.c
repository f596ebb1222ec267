/*
 * 60 messages a second and stream, the streams' times spread evenly. They are
 * written when somebody is sent to, not each at its own time: nothing less than
 * a publisher wakes a worker, and that is the ingest's cost, not the fan-out's.
 */
#include <stdlib.h>

#include "floor.h"

#define MESSAGES_PER_SECOND 60u
#define MESSAGE_NS (1000000000u / MESSAGES_PER_SECOND)

static uint64_t began_ns, bits_per_second;
static uint32_t count;
static uint64_t *messages; /* Written so far, of each stream. */

void streams_open(Streams *streams, const Args *args) {
  began_ns = now_ns();
  bits_per_second = args->bits_per_second;
  count = args->streams;
  messages = calloc(count, sizeof *messages);
  streams->heads = calloc(count, sizeof *streams->heads);
  if (!messages || !streams->heads) die("memory");
  rings_open(&streams->rings, count, bits_per_second / 8 * args->keep_ms / 1000, args->fresh);
}

static void append(Streams *streams, uint32_t stream, uint64_t until) {
  Rings *rings = &streams->rings;
  uint64_t position = streams->heads[stream];
  while (position < until) {
    uint64_t room = ring_room(rings, stream, position);
    uint64_t some = until - position < room ? until - position : room;
    clip_copy(rings->base + ring_offset(rings, stream, position), position, some);
    position += some;
  }
  streams->heads[stream] = until;
}

void streams_advance(Streams *streams, uint64_t now) {
  for (uint32_t i = 0; i < count; i++) {
    uint64_t shift = (uint64_t)MESSAGE_NS * i / count;
    uint64_t since = now - began_ns + shift;
    uint64_t due = since / MESSAGE_NS;
    while (messages[i] < due) {
      messages[i]++;
      append(streams, i, messages[i] * bits_per_second / 8 / MESSAGES_PER_SECOND);
    }
  }
}
