import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratchFolder } from '../src/harness/paths.ts';
import { CHART, find, render } from './chart-helm.ts';

const SCRIPT = path.join(CHART, 'files/node-tuning.sh');
const SETTING = 'net/core/rmem_max';

let folder: string;

beforeEach(() => {
  folder = scratchFolder('tuning');
  put(`proc/${SETTING}`, '212992');
  put('net/eth0/device/vendor', '0x1af4');
  put('net/eth0/queues/rx-0/rps_cpus', '00000000,00000000');
  put('net/eth0/queues/rx-1/rps_cpus', '00000000,00000003');
  put('net/cni0/queues/rx-0/rps_cpus', '0');
  put('sysctls', 'net.core.rmem_max=8388608');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function put(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), `${text}\n`);
}

function get(file: string): string {
  return fs.readFileSync(path.join(folder, file), 'utf8').trim();
}

function tune(rpsCpus = ''): { code: number | null; said: string[] } {
  const { status, stdout, stderr } = spawnSync('sh', [SCRIPT], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...{ INTERVAL_SECONDS: '0', RPS_CPUS: rpsCpus },
      ...{ SYSCTLS: path.join(folder, 'sysctls') },
      ...{ PROC_SYS: path.join(folder, 'proc'), SYS_NET: path.join(folder, 'net') },
    },
  });
  return { code: status, said: (stdout + stderr).trim().split('\n').filter(Boolean) };
}

describe('the tuning of a node', () => {
  it('sets what differs, and says so', () => {
    expect(tune()).toEqual({
      code: 0,
      said: ['node-tuning: net.core.rmem_max: 212992 -> 8388608'],
    });
    expect(get(`proc/${SETTING}`)).toBe('8388608');
  });

  it('changes nothing the second time, and says nothing', () => {
    tune('0-1');
    expect(tune('0-1')).toEqual({ code: 0, said: [] });
  });

  it.each([
    ['0', '00000001'],
    ['0-1', '00000003'],
    ['0-3,8', '0000010f'],
    ['31-32', '00000001,80000000'],
    ['64', '00000001,00000000,00000000'],
  ])('gives CPUs %s to the queues of network cards as %s', (list, mask) => {
    tune(list);
    expect(get('net/eth0/queues/rx-0/rps_cpus')).toBe(mask);
    expect(get('net/cni0/queues/rx-0/rps_cpus')).toBe('0');
  });

  it('knows the kernel’s longer form of the same CPUs', () => {
    tune('0-1');
    expect(get('net/eth0/queues/rx-1/rps_cpus')).toBe('00000000,00000003');
  });

  it('leaves queues alone when no CPUs are given', () => {
    tune();
    expect(get('net/eth0/queues/rx-0/rps_cpus')).toBe('00000000,00000000');
  });

  it('says what this kernel does not have, and does the rest', () => {
    put('sysctls', 'net.core.nothing=1\nnet.core.rmem_max=8388608');
    const { code, said } = tune();
    expect(code).toBe(1);
    expect(said.join()).toMatch(/FAILED: net\.core\.nothing: this kernel has no .*core\/nothing/);
    expect(get(`proc/${SETTING}`)).toBe('8388608');
  });

  it('refuses a range without a CPU', () => {
    expect(tune('3-0').said.join()).toContain('FAILED: RPS_CPUS: 3-0 holds no CPU');
  });
});

describe('its DaemonSet', () => {
  it('has the script and the settings as they are given', async () => {
    const sysctls = { 'net.core.rmem_max': 16_777_216 };
    const all = await render({ nodeTuning: { enabled: true, sysctls } });
    const { data } = find(all, 'ConfigMap', 'sc-node-tuning');
    expect(data?.['tune.sh']?.trim()).toBe(fs.readFileSync(SCRIPT, 'utf8').trim());
    expect(data?.['sysctls']).toContain('net.core.rmem_max=16777216\n');
  });
});
