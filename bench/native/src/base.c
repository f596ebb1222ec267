/* Listening, signals and counts: what every floor has. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"

#define BACKLOG 4096

Counts counts;
char signals_mark, listener_mark;

static int wake = -1;
static volatile sig_atomic_t stopping;
static uint64_t reports;

void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int wait_ms(uint64_t until_ns) {
  uint64_t now = now_ns();
  return until_ns > now ? (int)((until_ns - now + 999999) / 1000000) : 0;
}

static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) die("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int listen_on(uint16_t port) {
  raise_limit();
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  if (fd < 0) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  if (listen(fd, BACKLOG) < 0) die("listen");
  if (getsockname(fd, (struct sockaddr *)&at, &length) < 0) die("getsockname");
  dprintf(STDOUT_FILENO, "ready {\"port\":%d}\n", ntohs(at.sin_port));
  return fd;
}

int accept_next(int listener) {
  int on = 1;
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return -1;
    die("accept4");
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  counts.accepted++;
  return fd;
}

void watch(int epoll, int fd, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

/* Through a descriptor, since in a process of Node the signal may run on any
 * thread, and would not end the epoll_wait() of this one. */
static void on_signal(int number) {
  int error = errno;
  uint64_t one = 1;
  if (number != SIGUSR1) stopping = 1;
  if (write(wake, &one, sizeof one) < 0) _exit(1);
  errno = error;
}

void signals_open(int epoll) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake < 0) die("eventfd");
  watch(epoll, wake, EPOLLIN, &signals_mark);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

bool signals_handle(void) {
  uint64_t value;
  if (read(wake, &value, sizeof value) < 0 && errno != EAGAIN) die("eventfd");
  if (stopping) return false;
  dprintf(STDOUT_FILENO,
          "counts {\"report\":%" PRIu64 ",\"sendCalls\":%" PRIu64 ",\"readCalls\":%" PRIu64
          ",\"bytesSent\":%" PRIu64 ",\"bytesReceived\":%" PRIu64 ",\"accepted\":%" PRIu64
          ",\"closed\":%" PRIu64 ",\"lost\":%" PRIu64 "}\n",
          ++reports, counts.send_calls, counts.read_calls, counts.bytes_sent,
          counts.bytes_received, counts.accepted, counts.closed, counts.lost);
  return true;
}
