#!/usr/bin/env bash
# Publishes a moving test picture with a tone until Ctrl-C.
set -euo pipefail
host=${HOST:-127.0.0.1}
stream=${STREAM:-live/demo}
rtmp=${SC_RTMP_PORT:-1935}
http=${SC_HTTP_PORT:-8080}
cat <<TEXT
Publishing $stream. Watch it:
  page       http://$host:${SC_API_PORT:-8088}/
  RTMP       ffplay rtmp://$host:$rtmp/$stream
  HTTP-FLV   ffplay http://$host:$http/$stream.flv
  HLS        ffplay http://$host:$http/$stream.m3u8
  VLC        vlc http://$host:$http/$stream.flv
Ctrl-C stops it.
TEXT
exec ffmpeg -hide_banner -loglevel warning -nostdin -re \
  -f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 \
  -c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 50 -b:v 2M -maxrate 2M -bufsize 2M \
  -c:a aac -b:a 128k -f flv "rtmp://$host:$rtmp/$stream"
