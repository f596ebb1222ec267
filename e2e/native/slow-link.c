/*
 * A cable that loses packets and takes its time, for kernels without netem.
 *
 *   slow-link NAME NAME
 *
 * makes two TAP interfaces and carries what one sends to the other. Each line on
 * stdin, "LOSS DELAY", says from now on how many of 100 frames are lost and how
 * long the others take, in ms; each way the same. It ends with stdin.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_BYTES = 2048, FRAMES = 8192 };

struct frame {
  int64_t due_ms;
  int length;
  char bytes[FRAME_BYTES];
};

/* What is on its way to one end, oldest first. */
struct way {
  int from, to;
  unsigned first, count;
  struct frame frames[FRAMES];
};

static struct way ways[2];
static int loss_percent, delay_ms;

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int open_tap(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || strlen(name) >= IFNAMSIZ) return -1;
  strcpy(request.ifr_name, name);
  return ioctl(fd, TUNSETIFF, &request) < 0 ? -1 : fd;
}

/* A full way loses what comes, as a full queue does. */
static void take(struct way *way) {
  char lost[FRAME_BYTES];
  for (;;) {
    int is_lost = rand() % 100 < loss_percent || way->count == FRAMES;
    struct frame *frame = &way->frames[(way->first + way->count) % FRAMES];
    int length = (int)read(way->from, is_lost ? lost : frame->bytes, FRAME_BYTES);
    if (length <= 0) return;
    if (is_lost) continue;
    frame->length = length;
    frame->due_ms = now_ms() + delay_ms;
    way->count++;
  }
}

/* Returns in how many ms the next one is due; -1: there is none. */
static int give(struct way *way) {
  while (way->count > 0) {
    struct frame *frame = &way->frames[way->first];
    int64_t left_ms = frame->due_ms - now_ms();
    if (left_ms > 0) return (int)left_ms;
    if (write(way->to, frame->bytes, (size_t)frame->length) < 0 && errno == EAGAIN) return 1;
    way->first = (way->first + 1) % FRAMES;
    way->count--;
  }
  return -1;
}

int main(int argc, char **argv) {
  char line[64];
  if (argc != 3) return 2;
  int one = open_tap(argv[1]), other = open_tap(argv[2]);
  if (one < 0 || other < 0) {
    perror("slow-link");
    return 1;
  }
  ways[0].from = ways[1].to = one;
  ways[0].to = ways[1].from = other;
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int next = give(&ways[0]), back = give(&ways[1]);
    int wait_ms = next < 0 ? back : back < 0 ? next : next < back ? next : back;
    struct pollfd polled[] = {{one, POLLIN, 0}, {other, POLLIN, 0}, {0, POLLIN, 0}};
    if (poll(polled, 3, wait_ms) < 0 && errno != EINTR) return 1;
    take(&ways[0]);
    take(&ways[1]);
    if (polled[2].revents == 0) continue;
    if (fgets(line, sizeof line, stdin) == NULL) return 0;
    sscanf(line, "%d %d", &loss_percent, &delay_ms);
  }
}
