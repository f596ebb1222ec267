// Prints what a worker prints, and does what its environment tells it to.
import { setTimeout } from 'node:timers';

const say = (fields) => console.log(JSON.stringify({ level: 30, ...fields }));

process.stdin.on('close', () => process.exit(0)).resume();
process.on('SIGTERM', () => {
  say({ msg: 'drain started' });
  if (process.env.FAKE_DRAINS !== 'never') setTimeout(() => process.exit(0), 50);
});
if (process.env.FAKE_FAILS === 'yes') {
  say({ level: 60, code: 'ENGINE_MISSING', err: { message: 'build it' }, msg: 'worker failed' });
  process.exit(1);
}
say({ msg: 'worker ready', args: process.argv.slice(2) });
