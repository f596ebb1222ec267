/**
 * Waits until whoever runs a cluster is gone, which ends our stdin, and then
 * undoes the cluster of the folder that is named. A runner that stopped its
 * cluster itself leaves nothing to undo.
 */
import { once } from 'node:events';
import { Record } from './record.ts';
import { tearDown } from './tear-down.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('say which folder');
process.stdin.resume();
await once(process.stdin, 'close');
await tearDown(Record.open(folder));
