import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A panel of a dashboard's file, in units of Grafana's grid: 24 to a row, 30 pixels high. */
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
}

export interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

const require = createRequire(import.meta.url);
const asset = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8');

/** Answers a query of a dashboard over its range. */
export type Ask = (expression: string) => Promise<readonly Series[]>;

/** A page that shows a dashboard's panels with the answers of a real Prometheus. Grafana itself cannot be installed by the tests. */
export async function dashboardPage({ title, panels }: Dashboard, ask: Ask): Promise<string> {
  const drawn = await Promise.all(
    panels.map(async ({ type, title, gridPos, targets, fieldConfig }) => {
      const answers = targets.map(async ({ expr, legendFormat = '' }) =>
        (await ask(expr)).map(({ metric, values }) => ({
          name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
          values,
        })),
      );
      const series = (await Promise.all(answers)).flat();
      return { type, title, gridPos, unit: fieldConfig?.defaults?.unit ?? 'short', series };
    }),
  );
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><style>${asset('uPlot.min.css')}${style}</style>
<h1>${title}</h1><main></main><script>${asset('uPlot.iife.min.js')}</script>
<script>const panels = ${JSON.stringify(drawn).replaceAll('<', '\\u003c')};${script}</script>`;
}

const style = `
body { margin: 0; padding: 12px 16px; background: #111217; color: #ccccdc; font: 13px system-ui, sans-serif; }
h1 { font-size: 18px; font-weight: 500; margin: 0 0 12px; }
main { position: relative; }
section { position: absolute; box-sizing: border-box; background: #181b1f; border: 1px solid #2c3235; border-radius: 3px; padding: 6px 8px; overflow: hidden; }
h2 { font-size: 13px; font-weight: 500; margin: 0 0 4px; }
.figures { display: flex; justify-content: space-around; align-items: center; height: calc(100% - 24px); }
.figure b { display: block; font-size: 34px; font-weight: 500; color: #73bf69; text-align: center; }
.u-legend { font-size: 11px; text-align: left; } .u-legend .u-value { display: none; } .u-legend th { font-weight: 400; }`;

/** Runs in the page. */
const script = `
const colours = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#b877d9', '#5794f2', '#ffb357'];
const scales = { bytes: [1024, ['B', 'KiB', 'MiB', 'GiB']], Bps: [1000, ['B/s', 'kB/s', 'MB/s']] };
function shown(unit, value) {
  if (value === null || Number.isNaN(value)) return '';
  if (unit === 'percentunit') return (value * 100).toFixed(0) + ' %';
  if (unit === 's') return value === 0 || value >= 1 ? value.toFixed(1) + ' s' : +(value * 1000).toPrecision(2) + ' ms';
  const [base, names] = scales[unit] ?? [1000, unit.endsWith('ps') ? ['/s', 'k/s'] : ['', 'k']];
  let at = 0;
  while (Math.abs(value) >= base && at < names.length - 1) [value, at] = [value / base, at + 1];
  return +value.toPrecision(3) + ' ' + names[at];
}
const main = document.querySelector('main');
let bottom = 0;
for (const { type, title, gridPos: { x, y, w, h }, unit, series } of panels) {
  const section = document.createElement('section');
  const [width, height] = [(w / 24) * 1248 - 8, h * 30 - 8];
  section.style = 'left:' + (x / 24) * 1248 + 'px;top:' + y * 30 + 'px;width:' + width + 'px;height:' + height + 'px';
  section.append(Object.assign(document.createElement('h2'), { textContent: title }));
  main.append(section);
  bottom = Math.max(bottom, y * 30 + height);
  if (type === 'stat') {
    const figures = Object.assign(document.createElement('div'), { className: 'figures' });
    for (const { name, values } of series) {
      const figure = Object.assign(document.createElement('div'), { className: 'figure', textContent: name });
      const text = shown(unit, Number(values.at(-1)?.[1] ?? NaN));
      figure.prepend(Object.assign(document.createElement('b'), { textContent: text }));
      figures.append(figure);
    }
    section.append(figures);
    continue;
  }
  const times = [...new Set(series.flatMap(({ values }) => values.map(([time]) => time)))].sort((a, b) => a - b);
  const lines = series.map(({ values }) => {
    const known = new Map(values.map(([time, value]) => [time, value === 'NaN' ? null : Number(value)]));
    return times.map((time) => known.get(time) ?? null);
  });
  const axis = { stroke: '#9fa7b3', grid: { stroke: '#2c3235', width: 1 }, ticks: { show: false }, font: '11px system-ui' };
  new uPlot({
    width: width - 20, height: height - 34 - 22 * Math.ceil(series.length / 4),
    axes: [axis, { ...axis, size: 64, values: (_, values) => values.map((value) => shown(unit, value)) }],
    scales: { y: { range: (_, low, high) => [Math.min(0, low), high > low ? high * 1.1 : high + 1] } },
    series: [{}, ...series.map(({ name }, i) => ({ label: name || title, stroke: colours[i % 8], width: 1.5, spanGaps: true, points: { show: false } }))],
  }, [times, ...lines], section);
}
main.style.height = bottom + 'px';`;
