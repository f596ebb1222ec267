import type { Nats } from '../harness/nats.ts';
import type { Fault } from './outage.ts';

/** What can befall a nats-server. */
export function natsKilled(nats: Nats): Fault {
  return {
    name: 'NATS killed, back with its data',
    hidesDirectory: true,
    begin: () => nats.kill(),
    end: () => nats.startAgain(),
  };
}

export function natsHung(nats: Nats): Fault {
  return {
    name: 'NATS hung',
    hidesDirectory: true,
    begin: () => nats.hang(),
    end: () => nats.wake(),
  };
}

export function natsWiped(nats: Nats): Fault {
  return {
    name: 'NATS killed, back without its data',
    hidesDirectory: true,
    begin: () => nats.kill(),
    end: async () => {
      nats.wipe();
      await nats.startAgain();
    },
  };
}
