import { writeFile } from 'node:fs/promises';
import { PluginError } from '../errors.ts';
import { count, counted } from '../output/units.ts';
import { archive } from '../report/archive.ts';
import { collect } from '../report/collect.ts';
import { Redactor } from '../report/redactor.ts';
import { ReportBuilder } from '../report/report-builder.ts';
import type { Session } from '../session.ts';
import { oneStreamCluster } from '../stream-clusters.ts';
import { VERSION } from '../version.ts';

export interface ReportFlags {
  /** `-`: to the output. */
  readonly file?: string;
  readonly logLines: number;
  readonly redactAddresses?: boolean;
}

/** Writes an archive for whoever is asked for help. */
export async function report(
  session: Session,
  name: string | undefined,
  flags: ReportFlags,
): Promise<void> {
  const cluster = await oneStreamCluster(session, name);
  const hidesAddresses = flags.redactAddresses === true;
  const builder = new ReportBuilder(new Redactor({ hidesAddresses }));
  const { logLines } = flags;
  session.note(`collecting what is known of ${cluster.metadata.name} …`);
  await collect({ session, builder, cluster, logLines });
  const unixMs = session.io.unixMs();
  const folder = folderName(cluster.metadata.name, unixMs);
  const { gaps, files } = builder;
  const paths = files.map(({ path }) => path);
  builder.addJson('manifest.json', {
    plugin: VERSION,
    createdAt: new Date(unixMs).toISOString(),
    namespace: cluster.metadata.namespace,
    cluster: cluster.metadata.name,
    hidesAddresses,
    files: paths,
    gaps,
  });
  const bytes = await archive(folder, files, unixMs);
  const file = flags.file ?? `${folder}.tar.gz`;
  for (const { path, reason } of gaps) session.note(`without ${path}: ${reason}`);
  if (file === '-') session.io.out(bytes);
  else {
    await write(file, bytes);
    tell(session, file, bytes.length, files.length);
  }
}

async function write(file: string, bytes: Buffer): Promise<void> {
  try {
    await writeFile(file, bytes, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = exists ? 'it is there already' : (error as Error).message;
    throw new PluginError('FILE_NOT_WRITTEN', `${file} was not written: ${reason}`, {
      cause: error,
    });
  }
}

function tell(session: Session, file: string, bytes: number, files: number): void {
  if (session.isJson) session.json({ file, bytes, files });
  else {
    const size = `${counted(files, 'file')}, ${count(Math.ceil(bytes / 1024))} KiB`;
    session.io.out(`${file} (${size})\n`);
    session.note(
      'Secrets were taken out, as far as they can be told. Look into it before you send it.',
    );
  }
}

function folderName(cluster: string, unixMs: number): string {
  const stamp = new Date(unixMs).toISOString().replace(/[-:]|\.\d+/g, '');
  return `streamcluster-report-${cluster}-${stamp}`;
}
