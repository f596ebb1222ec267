import fs from 'node:fs';
import path from 'node:path';

const PERIOD_US = 100_000;
/** Where cgroup v1 has its controller of CPU time; v2 has one tree for all. */
const V1 = '/sys/fs/cgroup/cpu';
const V2 = '/sys/fs/cgroup';

/** Lets a process run for a share of one CPU only, until it is lifted. */
export class CpuLimit {
  private readonly folder: string;
  private readonly parent: string;
  private readonly pid: number;

  constructor(pid: number, share: number) {
    const isV1 = fs.existsSync(path.join(V1, 'cpu.cfs_quota_us'));
    this.parent = isV1 ? V1 : V2;
    this.folder = path.join(this.parent, `scf-${process.pid}`);
    this.pid = pid;
    fs.mkdirSync(this.folder, { recursive: true });
    const quotaUs = Math.round(share * PERIOD_US);
    const [file, value] = isV1
      ? ['cpu.cfs_quota_us', String(quotaUs)]
      : ['cpu.max', `${quotaUs} ${PERIOD_US}`];
    fs.writeFileSync(path.join(this.folder, file), value);
    fs.writeFileSync(path.join(this.folder, 'cgroup.procs'), String(pid));
  }

  lift(): void {
    if (!fs.existsSync(this.folder)) return;
    if (fs.existsSync(`/proc/${this.pid}`)) {
      fs.writeFileSync(path.join(this.parent, 'cgroup.procs'), String(this.pid));
    }
    fs.rmdirSync(this.folder);
  }
}
