/** As much of Grafana's dashboard model as ours need; grafana.com/docs, "Dashboard JSON model". */
export type Unit = 'short' | 'bps' | 's' | 'percentunit' | 'bytes' | 'ops';

export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly unit: Unit;
  /** Expression by legend. */
  readonly lines: Readonly<Record<string, string>>;
  /** One number instead of a graph. */
  readonly isFigure?: boolean;
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  /** Variables that a reader picks: series and label that their values come from. */
  readonly pick: readonly {
    readonly name: string;
    readonly series: string;
    readonly label: string;
  }[];
  readonly rows: readonly Row[];
}

const WIDTH = 24;
const GRAPH = { w: 8, h: 8 };
const FIGURE = { w: 4, h: 4 };
const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The JSON that Grafana imports. */
export function renderDashboard(dashboard: Dashboard): string {
  const { uid, title, about, pick, rows } = dashboard;
  const model = {
    ...{ uid, title, description: about, tags: ['streamcluster'], schemaVersion: 39, version: 1 },
    ...{ editable: true, refresh: '15s', time: { from: 'now-1h', to: 'now' } },
    templating: { list: [sourceVariable(), ...pick.map(pickVariable)] },
    panels: layOut(rows),
  };
  return `${JSON.stringify(model, undefined, 2)}\n`;
}

function sourceVariable(): object {
  return { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' };
}

function pickVariable({ name, series, label }: Dashboard['pick'][number]): object {
  return {
    ...{ name, type: 'query', datasource: SOURCE, refresh: 2, sort: 1, includeAll: true },
    ...{ multi: true, allValue: '.*', current: { text: 'All', value: '$__all' } },
    query: { query: `label_values(${series}, ${label})`, refId: name },
  };
}

function layOut(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({ type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: WIDTH, h: 1 } });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { w, h } = panel.isFigure === true ? FIGURE : GRAPH;
      if (x + w > WIDTH) {
        x = 0;
        y += height;
        height = 0;
      }
      placed.push(panelModel(panel, placed.length, { x, y, w, h }));
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return placed;
}

function panelModel(panel: Panel, id: number, gridPos: object): object {
  const { title, about, unit, lines, isFigure } = panel;
  return {
    ...{ id, title, description: about, gridPos, datasource: SOURCE },
    type: isFigure === true ? 'stat' : 'timeseries',
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(lines).map(([legendFormat, expr], at) => ({
      ...{ expr, legendFormat, datasource: SOURCE, refId: String.fromCharCode(65 + at) },
    })),
  };
}
