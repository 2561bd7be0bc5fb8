import type { ReactNode } from 'react';
import { Table } from '../ui.js';

/** Content of MCP: of a tool's result, a resource or a prompt. */
interface McpContent {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly data?: unknown;
  readonly mimeType?: unknown;
  readonly resource?: unknown;
  readonly blob?: unknown;
}

/** Pictures that a browser draws without running anything. */
const pictures = /^image\/(?:png|jpeg|gif|webp)$/;
/** More rows or columns are shown as JSON only. */
const MOST_ROWS = 500;
const MOST_COLUMNS = 20;
/** Tables are not searched for in a longer text, characters. */
const MOST_TEXT = 1024 * 1024;

/** Content of a server is data: it is shown as text, as a table or as a picture, and never as a page or a link. */
export function Content({ content }: { readonly content: McpContent }): ReactNode {
  const { type, text, data, blob, mimeType, resource } = content;
  if (typeof text === 'string') return <Text text={text} />;
  const bytes = data ?? blob;
  if (typeof bytes === 'string' && typeof mimeType === 'string' && pictures.test(mimeType))
    return <img src={`data:${mimeType};base64,${bytes}`} alt="From the server" />;
  if (type === 'resource' && isObject(resource) && typeof resource.text === 'string')
    return <Text text={resource.text} />;
  return <Data title={typeof type === 'string' ? type : 'Content'} value={content} />;
}

function Text({ text }: { readonly text: string }) {
  const rows = text.length <= MOST_TEXT && /^\s*[[{]/.test(text) ? rowsOf(parsed(text)) : undefined;
  if (!rows) return <pre className="text">{text}</pre>;
  return (
    <>
      <DataTable rows={rows} />
      <details>
        <summary>As text</summary>
        <pre className="text">{text}</pre>
      </details>
    </>
  );
}

/** A value as a table if it is a list of objects; otherwise as JSON. */
export function Data({ title, value }: { readonly title: string; readonly value: unknown }) {
  const rows = rowsOf(value);
  return (
    <>
      <h3>{title}</h3>
      {rows ? <DataTable rows={rows} /> : <pre>{JSON.stringify(value, null, 2)}</pre>}
    </>
  );
}

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rows of a list of objects, or of an object whose only list is one; `undefined` if the value is no table. */
function rowsOf(value: unknown): readonly Row[] | undefined {
  if (isObject(value)) {
    const lists = Object.values(value).filter(Array.isArray);
    return lists.length === 1 && Object.keys(value).length === 1 ? rowsOf(lists[0]) : undefined;
  }
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_ROWS) return undefined;
  if (!value.every(isObject)) return undefined;
  return columnsOf(value).length <= MOST_COLUMNS ? value : undefined;
}

const columnsOf = (rows: readonly Row[]) => [...new Set(rows.flatMap((row) => Object.keys(row)))];

function DataTable({ rows }: { readonly rows: readonly Row[] }) {
  const columns = columnsOf(rows);
  return (
    <Table label="Result as a table" head={columns}>
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a result do not move
        <tr key={at}>
          {columns.map((name) => {
            const value = row[name];
            return <td key={name}>{typeof value === 'string' ? value : JSON.stringify(value)}</td>;
          })}
        </tr>
      ))}
    </Table>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
