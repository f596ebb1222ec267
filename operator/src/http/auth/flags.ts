import type { Option } from 'commander';
import { z } from 'zod';
import { option } from '../../command-line.ts';
import { networksOf } from './networks.ts';

const list = z.string().transform((text) => text.split(',').filter((one) => one !== ''));
const text = z
  .string()
  .optional()
  .transform((given) => (given === '' ? undefined : given));
const networks = list.transform((texts, context) => {
  try {
    return networksOf(texts);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : '' });
    return z.NEVER;
  }
});

/** Fields of a schema of flags. */
export const authFields = {
  consoleAuthDir: text,
  consoleTrustedProxies: networks,
  consoleUserHeader: text,
  consoleGroupHeader: text,
  consoleAdminGroups: list,
  consoleViewerGroups: list,
  consoleMetricsOpen: z.enum(['true', 'false']).transform((given) => given === 'true'),
} as const;

type Fields = typeof authFields;
export type AuthFlags = { readonly [Name in keyof Fields]: z.output<Fields[Name]> };

export function authOptions(): Option[] {
  return [
    option(
      '--console-auth-dir <path>',
      'tokens of the page, files admin and viewer; empty: no login',
    ),
    option('--console-trusted-proxies <networks>', 'whose headers are believed, by comma', ''),
    option('--console-user-header <name>', 'header by which such a proxy names the user'),
    option('--console-group-header <name>', 'header with the groups of the user, by comma'),
    option('--console-admin-groups <names>', 'groups that may change things, by comma', ''),
    option('--console-viewer-groups <names>', 'groups that may read; empty: every user', ''),
    option('--console-metrics-open <true|false>', 'metrics take no login', 'true'),
  ];
}
