import type { Connection, StandingAnswer } from '../../engine/engine.ts';

/** Whoever asks for the same again and again; who he is, the route knows. */
export interface Asker {
  /** False: he is to ask the route again. */
  readonly isKnown: boolean;
  /** He asked again, in the last second or so. */
  touch(): void;
  /** He was asked to go elsewhere. */
  sendAway(): void;
}

/** What a route allows to be sent for the same request again, without asking it. */
export interface Standing {
  readonly answer: StandingAnswer;
  readonly asker: Asker;
}

/**
 * The requests of one connection that the engine answers by itself, because they
 * are those of before byte for byte. Nobody is told of them, so that a sweep looks
 * whether something came, and tells the asker.
 */
export class Repeats {
  /** The last one who asked on this connection. */
  asker: Asker | undefined = undefined;
  private readonly connection: Connection;
  private isExpecting = false;
  private receivedBytes = 0;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Within onData, of the request slab[start, end) that was answered. */
  expect({ answer, asker }: Standing, start: number, end: number): void {
    this.asker = asker;
    this.isExpecting = true;
    this.receivedBytes = this.connection.bytesReceived;
    this.connection.expect(answer, start, end);
  }

  /** Another request came: the engine expects nothing until it is told to. */
  ended(): void {
    this.isExpecting = false;
  }

  /** The next request comes to the session, whatever it is. */
  forget(): void {
    this.isExpecting = false;
    this.connection.forget();
  }

  sweep(): void {
    const { asker } = this;
    if (asker === undefined || !this.isExpecting) return;
    const { bytesReceived } = this.connection;
    if (!asker.isKnown) this.forget();
    else if (bytesReceived !== this.receivedBytes) asker.touch();
    this.receivedBytes = bytesReceived;
  }
}
