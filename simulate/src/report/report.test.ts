import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scaleUpScenario } from '../scenarios/scale-up.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import { staying } from '../scenarios/staying.ts';
import { drawings, section, withResults } from './docs.ts';
import { scenarioText } from './terminal.ts';

const page = readFileSync(new URL('../../../docs/placement.md', import.meta.url), 'utf8');

const RESULT: ScenarioResult = {
  title: 'A crowd',
  about: 'Many come.',
  tables: [{ head: ['who', 'max/mean'], rows: [['ours', '1.10']] }],
  plots: new Map([
    [
      'crowd',
      {
        title: 'A crowd',
        xLabel: 's',
        yLabel: 'x',
        lines: [{ name: 'ours', points: [{ x: 1, y: 2 }] }],
      },
    ],
  ]),
  bars: [{ what: 'evenness', bar: '<= 1.25', measured: '1.30', isReached: false }],
};

describe('docs/placement.md', () => {
  it.each([scaleUpScenario, staying])('has what $key comes to now', ({ run }) => {
    expect(page).toContain(section(run(1)).join('\n'));
  });
});

describe('withResults', () => {
  it('replaces what was written before and nothing else', () => {
    const once = withResults(page, [RESULT]);
    expect(once).toContain('| evenness | <= 1.25 | 1.30      | no      |');
    expect(once).toContain('![crowd](placement/crowd.svg)');
    expect(once.split('\n## ').length).toBe(page.split('\n## ').length);
    expect(withResults(once, [RESULT])).toBe(once);
  });

  it('refuses a page without a place for it', () => {
    expect(() => withResults('# Placement', [RESULT])).toThrow('where results go');
  });
});

describe('what is shown of a scenario', () => {
  it('is drawn and printed', () => {
    expect([...drawings([RESULT]).keys()]).toEqual(['crowd.svg']);
    expect(drawings([RESULT]).get('crowd.svg')).toContain('<svg');
    expect(scenarioText(RESULT)).toMatch(/A crowd\nMany come\.\n\nwho +max\/mean\nours +1\.10/);
    expect(scenarioText(RESULT)).toContain('SHORT    evenness: 1.30 (<= 1.25)');
  });
});
