#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "poller.h"

#define BACKLOG 4096
/* Of one listener in one turn, so that a storm does not starve the others. */
#define ACCEPT_BATCH 64
/* Above the housekeeping period, which wakes listeners. */
#define ACCEPT_SAVED_MS 120

static int bind_and_listen(Engine *engine, int fd, const struct sockaddr_in6 *address,
                           socklen_t length, bool reuse_port) {
  int on = 1, off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return -errno;
  if (address->sin6_family == AF_INET6) {
    bool any = memcmp(&address->sin6_addr, &in6addr_any, sizeof in6addr_any) == 0;
    const int *only = any ? &off : &on;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, only, sizeof *only);
  }
  socket_options(engine, fd);
  if (bind(fd, (const struct sockaddr *)address, length) < 0) return -errno;
  return listen(fd, BACKLOG) < 0 ? -errno : 0;
}

static void watch(Engine *engine, Listener *listener, int operation) {
  struct epoll_event event = {.events = listener->sleeping ? 0 : EPOLLIN,
                              .data.u64 = LISTENER_TAG | listener->id};
  epoll_ctl(engine->epoll_now, operation, listener->fd, &event);
}

int64_t listener_open(Engine *engine, const char *host, uint16_t *port, bool reuse_port,
                      bool paced, TlsContext *tls) {
  struct sockaddr_in6 address;
  socklen_t length;
  if (!socket_address(host, *port, &address, &length)) return -EINVAL;
  int fd = socket(address.sin6_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  int fault = bind_and_listen(engine, fd, &address, length, reuse_port);
  Listener *listener = fault < 0 ? NULL : calloc(1, sizeof *listener);
  if (!listener) {
    close(fd);
    return fault < 0 ? fault : -ENOMEM;
  }
  getsockname(fd, (struct sockaddr *)&address, &length);
  *port = ntohs(address.sin6_port); /* The same place for both families. */
  listener->fd = fd;
  listener->port = *port;
  listener->paced = paced;
  listener->tls = tls;
  listener->id = ++engine->listener_id;
  list_push(&engine->listeners, &listener->link);
  watch(engine, listener, EPOLL_CTL_ADD);
  return listener->id;
}

static Listener *find(Engine *engine, uint32_t id) {
  for (Link *link = engine->listeners.next; link != &engine->listeners; link = link->next) {
    Listener *listener = LIST_ENTRY(link, Listener, link);
    if (listener->id == id) return listener;
  }
  return NULL;
}

static void accepted(Engine *engine, const Listener *listener, int fd,
                     const struct sockaddr_in6 *remote) {
  ConnectionState state = listener->tls ? STATE_SHAKING : STATE_OPEN;
  Connection *connection = connection_open(engine, fd, state);
  if (!connection) {
    engine->stats.accept_errors++;
    return;
  }
  connection->remote.v6 = *remote;
  connection->local_port = listener->port;
  engine->stats.accepted++;
  if (listener->tls) {
    connection_shake(engine, connection, listener->tls, listener->id);
  } else {
    dispatch_event(engine, EVENT_ACCEPT, connection, (int)listener->id, 0);
    poller_add(engine, connection);
  }
}

/* The next one that waits in the kernel; -1: errno says why there is none. */
static int next_queued(const Listener *listener, struct sockaddr_in6 *remote) {
  socklen_t length = sizeof *remote;
  return accept4(listener->fd, (struct sockaddr *)remote, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* Their handshake is done, and the kernel resets whoever waits at a listener that is
 * closed. In a call the table of events is JavaScript's. */
static void accept_queued(Engine *engine, const Listener *listener) {
  while (!engine->calling && !dispatch_full(engine)) {
    struct sockaddr_in6 remote = {0};
    int fd = next_queued(listener, &remote);
    if (fd >= 0) {
      accepted(engine, listener, fd, &remote);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      break;
    }
  }
  dispatch_soon(engine);
}

void listener_close(Engine *engine, uint32_t id) {
  Listener *listener = find(engine, id);
  if (!listener) return;
  accept_queued(engine, listener);
  link_remove(&listener->link);
  close(listener->fd);
  free(listener);
}

/* Level-triggered: what is not accepted now is reported again when it wakes. */
static void sleep_on(Engine *engine, Listener *listener) {
  listener->sleeping = true;
  watch(engine, listener, EPOLL_CTL_MOD);
  engine_keep_house(engine);
}

/* A connection that died in the queue is nobody's fault; without descriptors or
 * memory a spin would follow, since the listener stays readable. */
static bool accept_failed(Engine *engine, Listener *listener) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
  if (errno == EINTR || errno == ECONNABORTED) return false;
  engine->stats.accept_errors++;
  if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return true;
  sleep_on(engine, listener);
  return true;
}

/* Saves up for one wait, so that a rate is met although it sleeps in between;
 * one at least, or a small rate would let nobody in. */
static void refill(AcceptRate *rate) {
  uint64_t now = uv_hrtime();
  double most = rate->per_second * ACCEPT_SAVED_MS / 1000;
  rate->left += rate->per_second * (double)(now - rate->at_ns) / 1e9;
  if (most < 1) most = 1;
  if (rate->left > most) rate->left = most;
  rate->at_ns = now;
}

static bool may_accept(Engine *engine, const Listener *listener) {
  AcceptRate *rate = &engine->accept_rate;
  if (!listener->paced || rate->per_second <= 0) return true;
  if (rate->left < 1) refill(rate);
  return rate->left >= 1;
}

void listener_set_rate(Engine *engine, double per_second) {
  engine->accept_rate = (AcceptRate){per_second, 0, uv_hrtime()};
  if (per_second <= 0) listener_wake(engine);
}

void listener_accept(Engine *engine, uint32_t id) {
  for (int i = 0; i < ACCEPT_BATCH; i++) {
    if (dispatch_full(engine)) dispatch(engine);
    Listener *listener = find(engine, id); /* JavaScript may have closed it. */
    if (!listener) return;
    if (!may_accept(engine, listener)) {
      sleep_on(engine, listener);
      return;
    }
    struct sockaddr_in6 remote = {0};
    int fd = next_queued(listener, &remote);
    if (fd >= 0) {
      if (listener->paced) engine->accept_rate.left--;
      accepted(engine, listener, fd, &remote);
    } else if (accept_failed(engine, listener)) {
      return;
    }
  }
}

void listener_wake(Engine *engine) {
  for (Link *link = engine->listeners.next; link != &engine->listeners; link = link->next) {
    Listener *listener = LIST_ENTRY(link, Listener, link);
    if (!listener->sleeping) continue;
    listener->sleeping = false;
    watch(engine, listener, EPOLL_CTL_MOD);
  }
}
