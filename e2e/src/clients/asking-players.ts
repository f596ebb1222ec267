import http from 'node:http';
import { playlistPath } from './playlist.ts';

const ASK_MS = 2_000;

/** Players of HLS that have their ids, each of which asks for the playlist again and again on a connection that it
 * keeps as long as it may. */
export class AskingPlayers {
  asked = 0;
  /** How often one of them made another connection. */
  reconnects = 0;
  readonly faults: string[] = [];
  private readonly players: readonly Player[];
  private readonly timer: NodeJS.Timeout;
  private next = 0;

  /** `origin`: as `http://127.0.0.1:8080`. */
  constructor(count: number, origin: string, streams: readonly string[]) {
    this.players = Array.from({ length: count }, (_, i) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const url = origin + playlistPath(streams[i % streams.length] ?? '', `player-${i}`);
      return { agent, url, sockets: new Set() };
    });
    const everyMs = 20;
    const atOnce = Math.ceil((count * everyMs) / ASK_MS);
    this.timer = setInterval(() => {
      for (let i = 0; i < atOnce; i += 1) this.askNext();
    }, everyMs);
  }

  leave(): void {
    clearInterval(this.timer);
    for (const { agent } of this.players) agent.destroy();
  }

  private askNext(): void {
    const player = this.players[this.next % this.players.length];
    this.next += 1;
    if (player === undefined) return;
    const request = http.get(player.url, { agent: player.agent }, (response) => {
      if (response.statusCode !== 200) this.faults.push(`answered ${response.statusCode}`);
      response.resume();
      this.asked += 1;
    });
    request.on('socket', (socket) => {
      if (player.sockets.has(socket)) return;
      if (player.sockets.size > 0) this.reconnects += 1;
      player.sockets.add(socket);
    });
    request.on('error', (error) => this.faults.push(error.message));
  }
}

interface Player {
  readonly agent: http.Agent;
  readonly url: string;
  readonly sockets: Set<object>;
}
