import type { connect } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { hub } from '../hub.js';
import { Failure, Moment, number, Table } from '../ui.js';

type Activity = connect.GetToolActivityResult;

const LOOK_MS = 15_000;
const HEIGHT = 180;

/** Calls, errors and latency of tools over the last hour or day. */
export default function CallPlots() {
  const [period, setPeriod] = useState<'hour' | 'day'>('hour');
  const { data, error } = useQuery({
    queryKey: ['calls', 'activity', period],
    queryFn: ({ signal }) => hub.connect.tools.getActivity({ period }, { signal }),
    refetchInterval: LOOK_MS,
  });
  const points = data?.points ?? [];
  const calls = points.reduce((sum, point) => sum + point.calls, 0);
  const errors = points.reduce((sum, point) => sum + point.errors, 0);
  return (
    <>
      <label className="filter">
        Over
        <select value={period} onChange={(event) => setPeriod(event.target.value as typeof period)}>
          <option value="hour">the last hour</option>
          <option value="day">the last day</option>
        </select>
      </label>
      {error && <Failure error={error} />}
      {data && (
        <>
          <p>
            {number(calls)} calls, {number(errors)} of them failed. The figures begin with the start of the hub.
          </p>
          <div className="plots">
            <Plot
              label="Calls and errors"
              data={data}
              lines={[
                { title: 'Calls', color: '--accent', value: ({ calls: value }) => value },
                { title: 'Errors', color: '--bad', value: ({ errors: value }) => value },
              ]}
            />
            <Plot
              label="Latency in milliseconds"
              data={data}
              lines={[
                { title: 'Average ms', color: '--accent', value: ({ averageMs }) => averageMs },
                { title: 'Slowest ms', color: '--warn', value: ({ slowestMs }) => slowestMs },
              ]}
            />
          </div>
          <details>
            <summary>Numbers of the plots</summary>
            <Table label="Calls, errors and latency" head={['From', 'Calls', 'Errors', 'Average', 'Slowest']}>
              {points
                .filter((point) => point.calls > 0)
                .map((point) => (
                  <tr key={point.start}>
                    <td>
                      <Moment at={point.start} />
                    </td>
                    <td>{number(point.calls)}</td>
                    <td>{number(point.errors)}</td>
                    <td>{number(point.averageMs ?? 0)} ms</td>
                    <td>{number(point.slowestMs ?? 0)} ms</td>
                  </tr>
                ))}
            </Table>
          </details>
        </>
      )}
    </>
  );
}

interface Line {
  readonly title: string;
  /** The custom property of the colour. */
  readonly color: string;
  readonly value: (point: Activity['points'][number]) => number | null;
}

/** A plot over time. It is drawn again where the theme, the width or the data change. */
function Plot({
  label,
  data,
  lines,
}: {
  readonly label: string;
  readonly data: Activity;
  readonly lines: readonly Line[];
}) {
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines are those of the label
  useEffect(() => {
    const frame = place.current;
    if (!frame) return;
    const draw = () => {
      const style = getComputedStyle(frame);
      // The canvas knows no light-dark(): the browser computes the colour of an element.
      const colorOf = (name: string) => {
        frame.style.color = `var(${name})`;
        const { color } = getComputedStyle(frame);
        frame.style.color = '';
        return color;
      };
      const axis = {
        stroke: style.color,
        grid: { stroke: colorOf('--line'), width: 1 },
        ticks: { stroke: colorOf('--line') },
      };
      return new uPlot(
        {
          width: frame.clientWidth,
          height: HEIGHT,
          cursor: { drag: { x: false, y: false } },
          scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
          axes: [axis, { ...axis, size: 60 }],
          series: [
            { value: (_, seconds) => (seconds === null ? '–' : new Date(seconds * 1000).toLocaleTimeString()) },
            ...lines.map(({ title, color }) => ({
              label: title,
              stroke: colorOf(color),
              width: 2,
              // A line needs two neighbours: a call alone is a point.
              points: { show: true, size: 5 },
            })),
          ],
        },
        [data.points.map(({ start }) => Date.parse(start) / 1000), ...lines.map(({ value }) => data.points.map(value))],
        frame,
      );
    };
    let plot = draw();
    const again = () => {
      plot.destroy();
      plot = draw();
    };
    const sizes = new ResizeObserver(() => {
      if (plot.width !== frame.clientWidth) again();
    });
    sizes.observe(frame);
    const themes = new MutationObserver(again);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      scheme.removeEventListener('change', again);
      plot.destroy();
    };
  }, [data, label]);
  return (
    <figure>
      <figcaption>{label}</figcaption>
      <div ref={place} className="plot" role="img" aria-label={label} />
    </figure>
  );
}
