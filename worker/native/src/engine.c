#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tls.h"

#define HOUSE_MS 100

static bool open_connections(Engine *engine) {
  uint32_t count = (uint32_t)engine->options.max_connections;
  size_t bytes = count * sizeof(Connection);
  void *memory =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  engine->free_slots = malloc(count * sizeof(uint32_t));
  if (memory != MAP_FAILED) engine->connections = memory;
  if (!engine->connections || !engine->free_slots) return false;
  engine->free_count = count;
  for (uint32_t i = 0; i < count; i++) engine->free_slots[i] = count - 1 - i;
  engine->log_free_count = LOGS_MAX;
  for (uint32_t i = 0; i < LOGS_MAX; i++) engine->log_free[i] = LOGS_MAX - 1 - i;
  return true;
}

static void open_lists(Engine *engine) {
  link_init(&engine->listeners);
  link_init(&engine->ready);
  link_init(&engine->dirty);
  link_init(&engine->notifying);
  link_init(&engine->deadlines);
  link_init(&engine->overdue);
  for (int i = 0; i < WHEEL_SLOTS; i++) link_init(&engine->wheel[i]);
}

/* Only the watch of sockets keeps the process alive, until close(). */
static bool open_handles(Engine *engine) {
  uv_loop_t *loop = engine->loop;
  engine->epoll_now = epoll_create1(EPOLL_CLOEXEC);
  engine->epoll_tick = epoll_create1(EPOLL_CLOEXEC);
  if (engine->epoll_now < 0 || engine->epoll_tick < 0) return false;
  if (uv_poll_init(loop, &engine->poll_now, engine->epoll_now) < 0) return false;
  if (uv_poll_init(loop, &engine->poll_tick, engine->epoll_tick) < 0) abort();
  uv_timer_init(loop, &engine->read_timer);
  uv_timer_init(loop, &engine->send_timer);
  uv_timer_init(loop, &engine->house_timer);
  uv_prepare_init(loop, &engine->prepare);
  uv_prepare_init(loop, &engine->turn);
  uv_idle_init(loop, &engine->idle);
  uv_handle_t *quiet[] = {
      (uv_handle_t *)&engine->poll_tick,  (uv_handle_t *)&engine->read_timer,
      (uv_handle_t *)&engine->send_timer, (uv_handle_t *)&engine->house_timer,
      (uv_handle_t *)&engine->prepare,    (uv_handle_t *)&engine->turn,
      (uv_handle_t *)&engine->idle,
  };
  for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++) {
    quiet[i]->data = engine;
    uv_unref(quiet[i]);
  }
  engine->poll_now.data = engine;
  engine->handles_open = HANDLES;
  return true;
}

const char *engine_open(Engine *engine) {
  engine->epoll_now = engine->epoll_tick = -1;
  engine->send_tick_ms = URGENT_MS;
  open_lists(engine);
  socket_raise_limit();
  if (!open_connections(engine)) return "out of memory";
  const char *fault =
      arena_open(&engine->arena, (size_t)engine->options.arena_bytes,
                 (size_t)engine->options.arena_cap_bytes);
  if (fault) return fault;
  if (!open_handles(engine)) return "no descriptors left for epoll (ulimit -n)";
  poller_open(engine);
  stats_open(engine);
  return NULL;
}

static void on_house(uv_timer_t *timer) {
  Engine *engine = timer->data;
  uint64_t began = uv_hrtime();
  listener_wake(engine);
  connection_deadlines(engine, now_ms());
  if (link_alone(&engine->deadlines)) uv_timer_stop(timer);
  engine->stats.house_ns += (double)(uv_hrtime() - began);
  dispatch(engine);
}

void engine_keep_house(Engine *engine) {
  if (engine->closed || uv_is_active((uv_handle_t *)&engine->house_timer)) return;
  uv_timer_start(&engine->house_timer, on_house, HOUSE_MS, HOUSE_MS);
}

static void release_refs(Engine *engine) {
  napi_ref refs[] = {engine->dispatch, engine->slab_ref,     engine->events_ref,
                     engine->rows_ref, engine->log_rows_ref, engine->lags_ref,
                     engine->results_ref};
  napi_handle_scope scope;
  if (napi_open_handle_scope(engine->env, &scope) != napi_ok) return;
  for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) napi_delete_reference(engine->env, refs[i]);
  napi_close_handle_scope(engine->env, scope);
}

static void close_connections(Engine *engine) {
  size_t bytes = (size_t)engine->options.max_connections * sizeof(Connection);
  if (engine->connections) munmap(engine->connections, bytes);
  free(engine->free_slots);
  engine->connections = NULL;
  engine->free_slots = NULL;
}

/* No handle is open yet: open_handles() comes last, and fails before its first. */
void engine_abandon(Engine *engine) {
  uint8_t *base = engine->arena.base; /* No ArrayBuffer owns it yet. */
  arena_close(&engine->arena);
  if (base) munmap(base, engine->arena.bytes);
  if (engine->epoll_now >= 0) close(engine->epoll_now);
  if (engine->epoll_tick >= 0) close(engine->epoll_tick);
  close_connections(engine);
  release_refs(engine);
  free(engine);
}

/* Nothing on the stack below can be using the engine's memory any more. */
static void on_closed(uv_handle_t *handle) {
  Engine *engine = handle->data;
  if (--engine->handles_open > 0) return;
  close_connections(engine);
  release_refs(engine);
  napi_async_cleanup_hook_handle cleanup = engine->cleanup;
  engine->cleanup = NULL;
  /* The struct itself stays for late calls of JavaScript, which do nothing. */
  if (cleanup) napi_remove_async_cleanup_hook(cleanup);
}

static void close_all(Engine *engine) {
  uint32_t count = (uint32_t)engine->options.max_connections;
  bool *is_free = calloc(count, 1);
  for (uint32_t i = 0; is_free && i < engine->free_count; i++) is_free[engine->free_slots[i]] = true;
  for (uint32_t i = 0; is_free && i < count; i++) {
    if (!is_free[i]) connection_close(engine, &engine->connections[i], CLOSE_LOCAL);
  }
  free(is_free);
  for (Link *link; (link = list_pop(&engine->listeners));) {
    Listener *listener = LIST_ENTRY(link, Listener, link);
    close(listener->fd);
    free(listener);
  }
  for (uint32_t i = 0; i < LOGS_MAX; i++) {
    if (engine->logs[i]) log_close(engine, engine->logs[i]);
  }
}

void engine_close(Engine *engine) {
  if (engine->closed) return;
  engine->closed = true;
  close_all(engine);
  tls_close(engine);
  arena_close(&engine->arena);
  uv_handle_t *handles[HANDLES] = {
      (uv_handle_t *)&engine->poll_now,   (uv_handle_t *)&engine->poll_tick,
      (uv_handle_t *)&engine->read_timer, (uv_handle_t *)&engine->send_timer,
      (uv_handle_t *)&engine->house_timer, (uv_handle_t *)&engine->prepare,
      (uv_handle_t *)&engine->turn,       (uv_handle_t *)&engine->idle,
  };
  for (int i = 0; i < HANDLES; i++) uv_close(handles[i], on_closed);
  close(engine->epoll_now);
  close(engine->epoll_tick);
}
