#include <stdio.h>
#include <string.h>

#include "floor.h"

int main(int count, char **words) {
  Args args = args_parse(count, words);
  bool flv = strcmp(args.task, "flv") == 0;
  bool playlist = strcmp(args.task, "playlist") == 0;
  if (flv || strcmp(args.task, "rtmp") == 0) {
    /* What sendfile() took may not be written over. */
    args.fresh = !args.copy;
    fanout_run(&args, plain_transport, flv);
  } else if (playlist || strcmp(args.task, "segment") == 0) {
    answers_run(&args, plain_transport, playlist);
  } else if (strcmp(args.task, "ingest") == 0) {
    ingest_run(&args);
  } else {
    fprintf(stderr, "floor: no task %s; flv, rtmp, ingest, playlist, segment\n", args.task);
    return 2;
  }
  return 0;
}
