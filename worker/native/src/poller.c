/*
 * Two epoll sets. What must be quick wakes the loop at once (epoll_now); busy
 * publishers may wait for the read tick, so that one batch reads many of them
 * (epoll_tick). Both nest in the loop's own epoll. The second one's watch stops
 * while its tick runs: armed and not drained it would fire without end. To watch
 * again makes the kernel walk over all members of the set, looking for loops; so
 * that is left until a tick finds nothing to read.
 *
 *   sockets --EPOLLET--> epoll_now ---uv_poll---> pump --> slab --> dispatch
 *                    \-> epoll_tick --uv_poll--> timer --^
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>

#include "engine.h"
#include "poller.h"

#define EVENTS_BATCH 512
/* Batches in one turn of the loop, so that timers and sends get theirs. */
#define ROUNDS_MAX 4

static int set_of(const Engine *engine, const Connection *connection) {
  return connection->coalesced ? engine->epoll_tick : engine->epoll_now;
}

void poller_add(Engine *engine, Connection *connection) {
  struct epoll_event event = {
      .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
      .data.u64 = (uint64_t)connection->generation << 32 | connection->slot,
  };
  if (epoll_ctl(set_of(engine, connection), EPOLL_CTL_ADD, connection->fd, &event) < 0) {
    connection_close(engine, connection, CLOSE_ERROR);
  }
}

void poller_coalesce(Engine *engine, Connection *connection, bool on) {
  if (connection->coalesced == on) return;
  epoll_ctl(set_of(engine, connection), EPOLL_CTL_DEL, connection->fd, NULL);
  connection->coalesced = on;
  poller_add(engine, connection); /* Reports anew what is already there. */
}

void poller_again(Engine *engine, Connection *connection) {
  if (link_alone(&connection->ready)) list_push(&engine->ready, &connection->ready);
  if (!engine->closed) uv_idle_start(&engine->idle, engine->idle.idle_cb);
}

static void connection_event(Engine *engine, Connection *connection, uint32_t events) {
  if (connection->state == STATE_CONNECTING) {
    if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) connection_connected(engine, connection);
    if (connection->state != STATE_OPEN) return;
  }
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection->hangup = true;
  if ((events & EPOLLOUT) && connection->blocked) {
    connection->blocked = false;
    connection->cursor.kick = true;
    connection_touch(engine, connection);
  }
  if ((events & EPOLLERR) && connection->paused) {
    connection_close(engine, connection, CLOSE_RESET);
    return;
  }
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection_read(engine, connection);
}

static void event(Engine *engine, const struct epoll_event *event) {
  if (event->data.u64 & LISTENER_TAG) {
    listener_accept(engine, (uint32_t)event->data.u64);
    return;
  }
  if (dispatch_full(engine)) dispatch(engine);
  Connection *connection = &engine->connections[(uint32_t)event->data.u64];
  /* An earlier event of this batch may have closed it. */
  if (connection->generation != event->data.u64 >> 32 || !connection_live(connection)) return;
  connection_event(engine, connection, event->events);
}

static void read_ready(Engine *engine) {
  Link round;
  link_init(&round);
  list_move(&round, &engine->ready);
  for (Link *link; !engine->closed && (link = list_pop(&round));) {
    connection_read(engine, LIST_ENTRY(link, Connection, ready));
  }
  list_move(&engine->ready, &round);
  if (!engine->closed && !link_alone(&engine->ready)) {
    uv_idle_start(&engine->idle, engine->idle.idle_cb);
  }
}

/* What is called from within when the slab is full is counted elsewhere. */
static double reading_clock(const Engine *engine) {
  return (double)uv_hrtime() - engine->stats.js_ns - engine->stats.send_ns;
}

/* Returns how long it took. */
static double ended_reading(Engine *engine, double began) {
  double took = reading_clock(engine) - began;
  engine->stats.read_ns += took;
  return took;
}

/* False where nothing was ready. */
static bool pump(Engine *engine, int set) {
  struct epoll_event events[EVENTS_BATCH];
  double began = reading_clock(engine);
  bool any = false;
  for (int round = 0; round < ROUNDS_MAX && !engine->closed; round++) {
    int n = epoll_wait(set, events, EVENTS_BATCH, 0);
    any = any || n > 0;
    for (int i = 0; i < n && !engine->closed; i++) event(engine, &events[i]);
    if (n < EVENTS_BATCH) break;
  }
  double took = ended_reading(engine, began);
  if (set == engine->epoll_tick) engine->stats.tick_read_ns += took;
  dispatch(engine);
  return any;
}

static void on_now(uv_poll_t *handle, int status, int events) {
  Engine *engine = handle->data;
  (void)status;
  (void)events;
  pump(engine, engine->epoll_now);
}

static void on_tick(uv_poll_t *handle, int status, int events);
static void on_read_timer(uv_timer_t *timer);

static void tick_after(Engine *engine, uint64_t delay_ms) {
  uv_poll_stop(&engine->poll_tick);
  uv_timer_start(&engine->read_timer, on_read_timer, delay_ms, 0);
}

static void read_tick(Engine *engine) {
  engine->last_read_ms = now_ms();
  bool any = pump(engine, engine->epoll_tick);
  if (engine->closed) return;
  if (any && engine->read_tick_ms > 0) {
    tick_after(engine, engine->read_tick_ms);
  } else if (!uv_is_active((uv_handle_t *)&engine->poll_tick)) {
    uv_poll_start(&engine->poll_tick, UV_READABLE, on_tick);
  }
}

static void on_read_timer(uv_timer_t *timer) { read_tick(timer->data); }

static void on_tick(uv_poll_t *handle, int status, int events) {
  Engine *engine = handle->data;
  (void)status;
  (void)events;
  uint64_t since = now_ms() - engine->last_read_ms;
  if (since >= engine->read_tick_ms) {
    read_tick(engine);
    return;
  }
  tick_after(engine, engine->read_tick_ms - since);
}

/* Runs while something was put off to the next turn of the loop. */
static void on_idle(uv_idle_t *idle) {
  Engine *engine = idle->data;
  double began = reading_clock(engine);
  uv_idle_stop(idle);
  read_ready(engine);
  ended_reading(engine, began);
  dispatch(engine);
}

static void on_prepare(uv_prepare_t *prepare) { dispatch(prepare->data); }

void poller_open(Engine *engine) {
  uv_poll_start(&engine->poll_now, UV_READABLE, on_now);
  uv_poll_start(&engine->poll_tick, UV_READABLE, on_tick);
  /* Started only to be stopped: touch() and again() find the callbacks there. */
  uv_prepare_start(&engine->prepare, on_prepare);
  uv_idle_start(&engine->idle, on_idle);
  uv_prepare_stop(&engine->prepare);
  uv_idle_stop(&engine->idle);
}

void poller_set_tick(Engine *engine, uint32_t read_tick_ms) { engine->read_tick_ms = read_tick_ms; }
