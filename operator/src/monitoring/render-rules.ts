import YAML from 'yaml';
import type { Alert } from './rules.ts';

const RUNBOOK = 'RUNBOOK_URL';

/** A file of rules as Prometheus reads it. The chart puts its base of runbooks in. */
export function renderRules(alerts: readonly Alert[]): string {
  const rules = alerts.map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    ...(alert.forMinutes > 0 && { for: `${alert.forMinutes}m` }),
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.means,
      runbook_url: `${RUNBOOK}#${anchorOf(alert)}`,
    },
  }));
  return YAML.stringify({ groups: [{ name: 'streamcluster', rules }] }, { lineWidth: 0 });
}

/** As Markdown makes it of a heading. */
function anchorOf({ name }: Alert): string {
  return name.toLowerCase();
}

/** What to do for each, for docs/monitoring.md. */
export function renderRunbook(alerts: readonly Alert[]): string {
  return alerts.map(section).join('\n');
}

function section({ name, severity, means, look, act, expr }: Alert): string {
  return [
    `### ${name}`,
    '',
    `${severity === 'critical' ? 'Critical' : 'Warning'}: \`${expr}\``,
    '',
    `- **Means:** ${means}`,
    `- **Look at:** ${look}`,
    `- **Do:** ${act}`,
    '',
  ].join('\n');
}
