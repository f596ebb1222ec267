/** The door for the end-to-end tests. */
export { freePort } from './server/free-port.ts';
