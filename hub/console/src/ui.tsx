// biome-ignore-all lint/a11y/useSemanticElements: rows that a virtual list places cannot be rows of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and headers of a table are read, and not operated
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
import { useVirtualizer } from '@tanstack/react-virtual';
import { Component, type ReactNode, useEffect, useRef, useState } from 'react';
import { reasonOf } from './hub.js';

/** A failure that the user can read. */
export function Failure({ error }: { readonly error: unknown }) {
  return (
    <p className="failure" role="alert">
      {reasonOf(error)}
    </p>
  );
}

/** Shows a failure of its content in the content's place. */
export class Guard extends Component<{ readonly children: ReactNode; fallback?(error: unknown): ReactNode }> {
  override state: { readonly error?: unknown } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return this.props.fallback?.(error) ?? <Failure error={error} />;
  }
}

/** A state as a word with a colour. @param like the state whose colour it gets; default: its own */
export function Status({ state, like = state }: { readonly state: string; readonly like?: string }) {
  return <span className={`status status-${like.replace(/\W/g, '')}`}>{state}</span>;
}

/** A moment in the browser's language. */
export function Moment({ at }: { readonly at: string | null }) {
  if (at === null) return <>–</>;
  return <time dateTime={at}>{new Date(at).toLocaleString()}</time>;
}

export function number(value: number): string {
  return value.toLocaleString();
}

/** How long after the last key press the hub is asked, milliseconds. */
const PAUSE_MS = 250;

/** The text, once no key was pressed for this time. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** Text of a device or a program. */
export function Output({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <section className="scroll" aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}

/** The title of a page, for the browser and for the reader. */
export function Page(props: { readonly title: string; readonly actions?: ReactNode; readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Roundhouse`;
    // A screen reader reports that the page has changed.
    heading.current?.focus({ preventScroll: true });
  }, [props.title]);
  return (
    <main className="page">
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.actions}
      </header>
      {props.children}
    </main>
  );
}

/** Names with their values; a dash stands for an absent or empty value. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === undefined || value === null || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A short table. If it is wider than the page, it scrolls separately. */
export function Table(props: {
  readonly label: string;
  readonly head: readonly string[];
  readonly children: ReactNode;
}) {
  return (
    <section className="scroll" tabIndex={0} aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Sorts by this value when the user asks; absent: the column does not sort. */
  readonly value?: (row: Row) => string | number;
}

/** A row that stands for a group of rows, which it shows or hides. */
export interface GroupRow {
  readonly title: string;
  readonly count: number;
  readonly isOpen: boolean;
  onToggle(): void;
}

const ROW_HEIGHT = 40;

/** A table of any length: only the rows in view are in the page. Screen readers get the number and place of each row. */
export function Rows<Row>(props: {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly sort?: { readonly id: string; readonly down: boolean };
  onSort?(id: string): void;
  /** Called when the end comes into view. */
  onEnd?(): void;
  /** The group that a row represents; absent or `undefined`: the row represents no group. */
  groupOf?(row: Row): GroupRow | undefined;
}) {
  const { rows, columns, sort, onSort, onEnd } = props;
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 1) onEnd?.();
  }, [last, rows.length, onEnd]);
  return (
    <section className="rows" ref={frame} tabIndex={0} aria-label={props.label}>
      <div
        role="table"
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
        className={`table columns-${columns.length}`}
      >
        <div role="row" className="row head" aria-rowindex={1}>
          {columns.map(({ id, title, value }) => (
            <div
              key={id}
              role="columnheader"
              className={`cell-${id}`}
              aria-sort={sort?.id === id ? (sort.down ? 'descending' : 'ascending') : undefined}
            >
              {value && onSort ? (
                <button type="button" className="plain" onClick={() => onSort(id)}>
                  {title}
                  {sort?.id === id ? (sort.down ? ' ↓' : ' ↑') : ''}
                </button>
              ) : (
                title
              )}
            </div>
          ))}
        </div>
        <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rows[index] as Row;
            const group = props.groupOf?.(row);
            return (
              <div
                key={props.keyOf(row)}
                role="row"
                className="row"
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${start}px)` }}
              >
                {group ? (
                  <div role="cell" aria-colspan={columns.length}>
                    <button type="button" className="plain" aria-expanded={group.isOpen} onClick={group.onToggle}>
                      {group.isOpen ? '▾' : '▸'} {group.title} ({number(group.count)})
                    </button>
                  </div>
                ) : (
                  columns.map(({ id, cell }) => (
                    <div key={id} role="cell" className={`cell-${id}`}>
                      {cell(row)}
                    </div>
                  ))
                )}
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
