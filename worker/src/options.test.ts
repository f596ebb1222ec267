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

  it('takes all that a pod is started with', () => {
    const options = parseOptions([], {
      SC_ID: 'live-0-1',
      SC_NAMESPACE: 'media',
      SC_CLUSTER: 'live',
      SC_NATS: 'nats://sc-nats.streamcluster.svc:4222',
      SC_OPERATOR: 'sc-operator.streamcluster.svc:9092',
      SC_BUCKET: 'sc-0b7f6c1e-5d0c-4d8e-9a63-1f2e3d4c5b6a',
      SC_LISTEN: '0.0.0.0,::',
      SC_ADMIN_HOST: '10.1.2.3',
      SC_ADVERTISE: '10.1.2.3',
      SC_GRPC_PORT: '9091',
      SC_CREDENTIALS_DIR: '/etc/streamcluster/credentials',
      SC_TLS_DIR: '/etc/streamcluster/tls/a,/etc/streamcluster/tls/b',
      SC_PIN: 'auto',
      SC_DRAIN_LINGER_SECONDS: '5',
    });
    expect(options).toMatchObject({
      adminHost: '10.1.2.3',
      grpcPort: 9091,
      credentialsDir: '/etc/streamcluster/credentials',
      tlsDir: ['/etc/streamcluster/tls/a', '/etc/streamcluster/tls/b'],
      httpsPort: 8443,
      rtmpsPort: 1936,
      pin: 'auto',
      drainLingerSeconds: 5,
      sysfsRoot: '/sys',
    });
    expect(bucketOf(options)).toBe('sc-0b7f6c1e-5d0c-4d8e-9a63-1f2e3d4c5b6a');
  });

  it('takes an empty variable for none', () => {
    const environment = {
      SC_CREDENTIALS_DIR: '',
      SC_OPERATOR: '',
      SC_PIN: '',
      SC_HTTP_PORT: '',
      SC_TLS_DIR: '',
    };
    const options = parseOptions(NEEDED, environment);
    expect(options).toMatchObject({ pin: 'off', httpPort: 8080 });
    expect(options.credentialsDir).toBeUndefined();
    expect(options.tlsDir).toBeUndefined();
    expect(options.operator).toBeUndefined();
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
    ['a way to pin that is none', [...NEEDED, '--pin', 'on'], '--pin'],
    [
      'credentials in a relative folder',
      [...NEEDED, '--credentials-dir', 'a'],
      '--credentials-dir',
    ],
    ['a certificate in a relative folder', [...NEEDED, '--tls-dir', '/a,b'], '--tls-dir'],
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
