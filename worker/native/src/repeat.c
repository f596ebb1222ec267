/*
 * Requests that come again byte for byte, as those of players do who ask for a
 * playlist every other second. Where JavaScript said so, the engine gives the
 * answer by itself. All connections that ask for the same share one answer, which
 * JavaScript changes or takes back whenever it wants.
 *
 * Only bytes that are all there was to read are looked at: in the middle of
 * something else they could be anything, the body of another request for example.
 * So whatever is told to JavaScript puts an end to it, until JavaScript has dealt
 * with that and says it anew.
 */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

/* Of a request; the heads of browsers are half as long. More is not kept. */
#define REQUEST_MAX_BYTES 2048

struct Answer {
  uint32_t refs; /* Of JavaScript's handle, and of connections. */
  size_t length; /* 0: JavaScript is asked. */
  uint8_t *bytes;
};

struct Repeat {
  Answer *answer; /* Holds one ref. */
  bool armed;
  size_t length;
  uint8_t request[];
};

Answer *answer_new(void) {
  Answer *answer = calloc(1, sizeof *answer);
  if (answer) answer->refs = 1;
  return answer;
}

void answer_unref(Answer *answer) {
  if (--answer->refs > 0) return;
  free(answer->bytes);
  free(answer);
}

void answer_set(Answer *answer, const uint8_t *bytes, size_t length) {
  answer->length = 0;
  if (length == 0) return;
  uint8_t *copy = realloc(answer->bytes, length);
  if (!copy) return;
  memcpy(copy, bytes, length);
  answer->bytes = copy;
  answer->length = length;
}

void repeat_clear(Connection *connection) {
  if (!connection->repeat) return;
  answer_unref(connection->repeat->answer);
  free(connection->repeat);
  connection->repeat = NULL;
}

/* Whether [start, end) of the slab is all that is being told, and nothing else of
 * the connection waits to be told behind it. */
static bool is_told(const Engine *engine, const Connection *connection, int start, int end) {
  uint32_t index = (uint32_t)engine->events[0];
  if (index >= engine->event_count || connection->told != index) return false;
  const int32_t *event = engine->events + EVENTS_HEAD + (size_t)index * EVENT_INTS;
  return event[0] == EVENT_DATA && event[1] == (int32_t)connection->slot &&
         event[2] == (int32_t)connection->generation && event[3] == start && event[4] == end;
}

static bool is_same(const Repeat *repeat, const uint8_t *bytes, size_t length) {
  return repeat->length == length && memcmp(repeat->request, bytes, length) == 0;
}

static void keep(Connection *connection, const uint8_t *bytes, size_t length, Answer *answer) {
  repeat_clear(connection);
  Repeat *repeat = malloc(sizeof *repeat + length);
  if (!repeat) return;
  *repeat = (Repeat){.answer = answer, .length = length};
  memcpy(repeat->request, bytes, length);
  answer->refs++;
  connection->repeat = repeat;
}

void repeat_expect(const Engine *engine, Connection *connection, Answer *answer, int start,
                   int end) {
  size_t length = (size_t)(end - start);
  if (!is_told(engine, connection, start, end) || length > REQUEST_MAX_BYTES) return;
  const uint8_t *bytes = engine->slab + start;
  const Repeat *repeat = connection->repeat;
  bool known = repeat && repeat->answer == answer && is_same(repeat, bytes, length);
  if (!known) keep(connection, bytes, length, answer);
  if (connection->repeat) connection->repeat->armed = true;
}

bool repeat_answer(Engine *engine, Connection *connection, const uint8_t *bytes, size_t length) {
  Repeat *repeat = connection->repeat;
  if (!repeat || !repeat->armed) return false;
  const Answer *answer = repeat->answer;
  bool free_way = connection->state == STATE_OPEN && !connection->first && !connection->blocked &&
                  !connection->cursor.log;
  if (!free_way || answer->length == 0 || !is_same(repeat, bytes, length)) {
    repeat->armed = false;
    return false;
  }
  uint64_t began = uv_hrtime();
  engine->stats.repeats++;
  queue_now(engine, connection, answer->bytes, answer->length);
  engine->stats.send_ns += (double)(uv_hrtime() - began);
  return true;
}
