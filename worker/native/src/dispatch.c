/*
 * The one place where JavaScript is entered. A batch is a table of events:
 *
 *   events: [ index | ... EVENTS_HEAD ][ kind slot generation a b ][ ... ]
 *
 * Data lies in the slab until the call returns. Everything else about a
 * connection (drain, limit, late, close) is a bit of it and a place in the list
 * `notifying`, so that it needs no room and cannot be lost.
 */
#include "engine.h"

/* A writer that is told of each drain and writes again must not hold the loop. */
#define ROUNDS_MAX 4

static uint32_t room(const Engine *engine) { return engine->event_capacity - engine->event_count; }

bool dispatch_full(const Engine *engine) { return room(engine) < 4; }

void dispatch_event(Engine *engine, int kind, const Connection *connection, int a, int b) {
  int32_t *event = engine->events + EVENTS_HEAD + (size_t)engine->event_count++ * EVENT_INTS;
  event[0] = kind;
  event[1] = (int32_t)connection->slot;
  event[2] = (int32_t)connection->generation;
  event[3] = a;
  event[4] = b;
}

void dispatch_soon(Engine *engine) {
  if (!engine->closed) uv_prepare_start(&engine->prepare, engine->prepare.prepare_cb);
}

void dispatch_notify(Engine *engine, Connection *connection, int kind) {
  connection->notify |= (uint8_t)(1 << kind);
  if (link_alone(&connection->notifying)) list_push(&engine->notifying, &connection->notifying);
  dispatch_soon(engine);
}

/* Closed connections go to `told`: their slots are free after the call. */
static void take_notifications(Engine *engine, Link *told) {
  while (room(engine) >= 4 && !link_alone(&engine->notifying)) {
    Connection *connection = LIST_ENTRY(list_pop(&engine->notifying), Connection, notifying);
    uint8_t bits = connection->notify;
    connection->notify = 0;
    for (int kind = EVENT_DRAIN; kind <= EVENT_CLOSE; kind++) {
      if (bits & 1 << kind) dispatch_event(engine, kind, connection, (int)connection->reason, 0);
    }
    if (connection->state == STATE_CLOSED) list_push(told, &connection->notifying);
  }
}

/* An exception of a handler ends the process as an uncaught one; where somebody
 * listens for those, the rest of the batch is still handled. */
static bool surface_exception(Engine *engine) {
  bool pending = false;
  napi_value error;
  napi_is_exception_pending(engine->env, &pending);
  if (!pending || napi_get_and_clear_last_exception(engine->env, &error) != napi_ok) return false;
  napi_fatal_exception(engine->env, error);
  return true;
}

static void call(Engine *engine) {
  napi_env env = engine->env;
  int32_t count = (int32_t)engine->event_count;
  engine->calling = true;
  for (int32_t from = 0; from < count && !engine->closed;) {
    napi_handle_scope scope;
    napi_value function, receiver, arguments[2], ignored;
    if (napi_open_handle_scope(env, &scope) != napi_ok) break;
    napi_get_reference_value(env, engine->dispatch, &function);
    napi_get_global(env, &receiver);
    napi_create_int32(env, from, &arguments[0]);
    napi_create_int32(env, count, &arguments[1]);
    engine->events[0] = count;
    engine->stats.batches++;
    uint64_t began = uv_hrtime();
    napi_status status = napi_make_callback(env, NULL, receiver, function, 2, arguments, &ignored);
    engine->stats.js_ns += (double)(uv_hrtime() - began);
    from = count;
    if (status != napi_ok && surface_exception(engine)) from = engine->events[0] + 1;
    napi_close_handle_scope(env, scope);
  }
  engine->calling = false;
  engine->event_count = 0;
  engine->slab_used = 0;
}

static void flush_dirty(Engine *engine) {
  uint64_t began = uv_hrtime();
  for (Link *link; (link = list_pop(&engine->dirty));) {
    connection_flush(engine, LIST_ENTRY(link, Connection, dirty));
  }
  engine->stats.send_ns += (double)(uv_hrtime() - began);
}

static bool quiet(const Engine *engine) {
  return engine->event_count == 0 && link_alone(&engine->notifying) && link_alone(&engine->dirty);
}

void dispatch(Engine *engine) {
  for (int round = 0; round < ROUNDS_MAX && !engine->closed && !quiet(engine); round++) {
    Link told;
    link_init(&told);
    take_notifications(engine, &told);
    if (engine->event_count > 0) call(engine);
    for (Link *link; (link = list_pop(&told));) {
      connection_free(engine, LIST_ENTRY(link, Connection, notifying));
    }
    if (!engine->closed) flush_dirty(engine);
  }
  if (engine->closed) return;
  uv_prepare_stop(&engine->prepare);
  if (!quiet(engine)) uv_idle_start(&engine->idle, engine->idle.idle_cb);
}
