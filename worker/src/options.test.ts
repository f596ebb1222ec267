import { describe, expect, it } from 'vitest';
import { bucketOf, parseOptions } from './options.ts';

const NEEDED = ['--id', 'w-0', '--nats', 'nats://127.0.0.1:4222'];

describe('parseOptions', () => {
  it('has defaults for all but the id and NATS', () => {
    const options = parseOptions(NEEDED, {});
    expect(options).toMatchObject({
      id: 'w-0',
      rtmpPort: 1935,
      httpPort: 8080,
      adminPort: 9090,
      listen: ['127.0.0.1'],
      cpus: [],
    });
    expect(bucketOf(options)).toBe('sc-default-quickstart');
  });

  it('takes the environment, flags first', () => {
    const environment = { SC_RTMP_PORT: '1', SC_HTTP_PORT: '2', SC_LISTEN: '0.0.0.0,::' };
    const options = parseOptions([...NEEDED, '--rtmp-port', '3'], environment);
    expect(options).toMatchObject({ rtmpPort: 3, httpPort: 2, listen: ['0.0.0.0', '::'] });
  });

  it.each([
    ['2', [2]],
    ['0,4-6', [0, 4, 5, 6]],
    ['', []],
  ])('reads CPUs %j', (text, cpus) => {
    expect(parseOptions([...NEEDED, '--cpus', text], {}).cpus).toEqual(cpus);
  });

  it.each([
    ['no id', ['--nats', 'nats://x'], '--id'],
    ['no NATS', ['--id', 'w'], '--nats'],
    ['a URL of another kind', ['--id', 'w', '--nats', 'http://x'], '--nats'],
    ['a port out of range', [...NEEDED, '--rtmp-port', '70000'], '--rtmp-port'],
    ['a host name to listen on', [...NEEDED, '--listen', 'localhost'], '--listen'],
    ['CPUs that are no list', [...NEEDED, '--cpus', '1-'], '--cpus'],
    ['a bad bucket', [...NEEDED, '--bucket', 'a.b'], '--bucket'],
    ['a bad id', ['--id', 'w.0', '--nats', 'nats://x'], '--id'],
    ['an unknown flag', [...NEEDED, '--colour', 'red'], '--colour'],
    ['an operator without port', [...NEEDED, '--operator', 'op'], '--operator'],
  ])('refuses %s, and names the flag', (_title, args, flag) => {
    expect(() => parseOptions(args, {})).toThrow(flag);
    expect(() => parseOptions(args, {})).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  });
});
