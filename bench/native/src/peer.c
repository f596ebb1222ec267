#include <stdlib.h>
#include <unistd.h>

#include "floor.h"

Peer *peer_open(const Transport *transport, int fd) {
  Peer *peer = calloc(1, sizeof *peer);
  if (!peer) die("memory");
  peer->fd = fd;
  transport->opened(peer);
  return peer;
}

void peer_close(const Transport *transport, Peer *peer) {
  transport->closed(peer);
  close(peer->fd);
  free(peer);
  counts.closed++;
}
