import type { connect } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useFleet } from '../fleet.js';
import { Form, Parts } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Page } from '../ui.js';
import { Added, OneServer, SiteChoice, siteIn, useAdding, type Wanted, type WayProps } from './adding.js';
import { Registry } from './registry.js';

/** The ways to add a server. A server with a command runs code at its site, which needs a further permission. */
const ways = [
  { part: 'json', title: 'Pasted JSON', permission: 'server.write', content: Pasted },
  { part: 'url', title: 'URL', permission: 'server.write', content: Remote },
  { part: 'command', title: 'Command', permission: 'server.execute', content: Program },
  { part: 'image', title: 'Image', permission: 'server.execute', content: Image },
  { part: 'catalog', title: 'Catalog', permission: 'server.execute', content: Catalog },
  { part: 'registry', title: 'MCP Registry', permission: 'server.write', content: Registry },
] as const;

export default function AddServer({ part }: { readonly part?: string | undefined }) {
  const may = useMay();
  const adding = useAdding();
  const offered = ways.filter(({ permission }) => may(permission));
  const way = offered.find((one) => one.part === part) ?? offered[0];
  if (!way)
    return (
      <Page title="Add a server">
        <p>Your role does not add servers.</p>
      </Page>
    );
  const Way = way.content;
  return (
    <Page title="Add a server">
      <Parts
        label="Ways to add a server"
        current={`/add/${way.part}`}
        parts={offered.map(({ part: own, title }) => ({ href: `/add/${own}`, title }))}
      />
      <Added adding={adding} />
      <Way
        key={way.part}
        isPending={adding.tried.some(({ isBusy, id }) => isBusy && id === undefined)}
        onAdd={adding.add}
      />
    </Page>
  );
}

/** Names with values that the hub seals: each value is a password field, which the page reads when it sends the form. */
function Secrets({ of, label }: { readonly of: string; readonly label: string }) {
  const [rows, setRows] = useState<readonly number[]>([]);
  const next = useRef(0);
  return (
    <fieldset>
      <legend>{label}. The hub seals the values.</legend>
      {rows.map((row, at) => (
        <div key={row} className="filters">
          <label>
            Name {at + 1}
            <input name={`${of}.name`} required autoComplete="off" spellCheck={false} />
          </label>
          <label>
            Value {at + 1}
            <input name={`${of}.value`} type="password" autoComplete="new-password" />
          </label>
          <button
            type="button"
            aria-label={`Remove ${label.toLowerCase()} ${at + 1}`}
            onClick={() => setRows(rows.filter((one) => one !== row))}
          >
            Remove
          </button>
        </div>
      ))}
      <button type="button" onClick={() => setRows([...rows, next.current++])}>
        Add {label.toLowerCase()}
      </button>
    </fieldset>
  );
}

const secretsIn = (fields: FormData, of: string) => {
  const values = fields.getAll(`${of}.value`).map(String);
  return Object.fromEntries(fields.getAll(`${of}.name`).map((name, at) => [String(name).trim(), values[at] ?? '']));
};

const create = (fields: FormData, transport: connect.TransportInput) =>
  hub.connect.servers.create({ name: String(fields.get('name')).trim(), transport, ...siteIn(fields) });

function Program(way: WayProps) {
  return (
    <OneServer
      label="A command at the site"
      way={way}
      register={(fields) =>
        create(fields, {
          type: 'stdio',
          command: String(fields.get('command')).trim(),
          args: linesIn(fields.get('args')),
          env: secretsIn(fields, 'env'),
        })
      }
    >
      <label>
        Command
        <input name="command" required autoComplete="off" spellCheck={false} placeholder="npx" />
      </label>
      <label>
        Arguments, one in each line. The hub shows them.
        <textarea name="args" className="code" rows={3} spellCheck={false} />
      </label>
      <Secrets of="env" label="Variable" />
    </OneServer>
  );
}

const linesIn = (text: FormDataEntryValue | null) =>
  String(text ?? '')
    .split(/\r?\n/)
    .filter((line) => line !== '');

function Remote(way: WayProps) {
  return (
    <OneServer
      label="A server that runs already"
      way={way}
      register={(fields) =>
        create(fields, {
          type: fields.get('type') as 'http' | 'sse' | 'websocket',
          url: String(fields.get('url')).trim(),
          headers: secretsIn(fields, 'header'),
        })
      }
    >
      <label>
        URL. The hub shows it.
        <input name="url" required autoComplete="off" spellCheck={false} placeholder="https://mcp.example.com/mcp" />
      </label>
      <label>
        Transport
        <select name="type" defaultValue="http">
          <option value="http">Streamable HTTP</option>
          <option value="sse">HTTP with SSE</option>
          <option value="websocket">WebSocket</option>
        </select>
      </label>
      <Secrets of="header" label="Header" />
    </OneServer>
  );
}

function Image(way: WayProps) {
  return (
    <OneServer
      label="An image"
      way={way}
      register={(fields) => {
        const env = secretsIn(fields, 'env');
        const named = Object.keys(env).flatMap((name) => ['-e', name]);
        const args = [
          'run',
          '-i',
          '--rm',
          ...named,
          String(fields.get('image')).trim(),
          ...linesIn(fields.get('args')),
        ];
        return create(fields, { type: 'stdio', command: 'docker', args, env });
      }}
    >
      <label>
        Image
        <input name="image" required autoComplete="off" spellCheck={false} placeholder="mcp/time:latest" />
      </label>
      <label>
        Arguments of the image, one in each line. The hub shows them.
        <textarea name="args" className="code" rows={2} spellCheck={false} />
      </label>
      <Secrets of="env" label="Variable" />
    </OneServer>
  );
}

function Catalog(way: WayProps) {
  const [chosen, setChosen] = useState('');
  const { data, error } = useQuery({
    queryKey: ['templates'],
    queryFn: ({ signal }) => hub.connect.templates.list({}, { signal }),
  });
  if (!data) return error ? <Failure error={error} /> : <p>Loading …</p>;
  const template = data.find(({ id }) => id === chosen);
  return (
    <>
      <label className="filter">
        Server of the catalog
        <select value={chosen} onChange={(event) => setChosen(event.target.value)}>
          <option value="">Choose one</option>
          {data.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {template && (
        <OneServer
          key={template.id}
          label={template.name}
          way={way}
          register={(fields) => {
            const given = template.envPlaceholders.map(({ key }) => [key, String(fields.get(`env.${key}`) ?? '')]);
            const env = Object.fromEntries(given.filter(([, value]) => value !== ''));
            const name = String(fields.get('name')).trim();
            return hub.connect.templates.instantiate(template.id, { name, env, ...siteIn(fields) });
          }}
        >
          <p>{template.description}</p>
          <pre>{[template.command, ...template.args].join(' ')}</pre>
          {template.envPlaceholders.map(({ key, description, required }) => (
            <label key={key}>
              {key}: {description}
              <input name={`env.${key}`} type="password" required={required} autoComplete="new-password" />
            </label>
          ))}
        </OneServer>
      )}
    </>
  );
}

/** A server of a pasted file. */
interface Entry {
  readonly name: string;
  /** Its command line or its address. */
  readonly source: string;
  readonly transport: connect.TransportInput;
  /** Its variables or headers, by name. */
  readonly values: Readonly<Record<string, string>>;
  /** Why the page does not import it. */
  readonly problem: string;
  /** Members that have no equivalent in the hub. */
  readonly leftOut: readonly string[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads `{mcpServers: {name: {command, args, env} | {type, url, headers}}}`.
 * @throws Error if the text has another form. The message has nothing of the text, which may hold secrets.
 */
function entriesIn(text: string): Entry[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error('The text is not JSON.');
  }
  const servers = isObject(file) ? file.mcpServers : undefined;
  if (!isObject(servers) || Object.keys(servers).length === 0)
    throw new Error('The text has no servers in "mcpServers".');
  return Object.entries(servers).map(([name, entry]) => entryOf(name, isObject(entry) ? entry : {}));
}

function entryOf(name: string, entry: Record<string, unknown>): Entry {
  const { command, args = [], env = {}, type, url, headers = {}, ...others } = entry;
  const isProgram = typeof command === 'string';
  const given = isProgram ? env : headers;
  const pairs = isObject(given) ? Object.entries(given) : [];
  const words = [command, ...(Array.isArray(args) ? args : [])].map(String);
  const kind = remoteKinds.get(String(type ?? (/\/sse\/?$/.test(String(url)) ? 'sse' : 'http')));
  const problems = [
    ...(isProgram || typeof url === 'string' ? [] : ['it has neither a command nor a URL']),
    ...(isProgram && type !== undefined && type !== 'stdio' ? ['its type is not that of a command'] : []),
    ...(isProgram && !Array.isArray(args) ? ['its arguments are no list'] : []),
    ...(!isProgram && typeof url === 'string' && !kind ? ['its type is unknown'] : []),
    ...(isObject(given) ? [] : [isProgram ? 'its variables are no object' : 'its headers are no object']),
    ...(pairs.some(([, value]) => typeof value === 'object') ? ['one of its values is no text'] : []),
    ...((isProgram ? words : [String(url)]).some((word) => /\$\{/.test(word))
      ? ['the page has no values for placeholders in a command line or URL']
      : []),
  ];
  const [program = '', ...rest] = words;
  return {
    name,
    source: isProgram ? words.join(' ') : String(url ?? ''),
    transport: isProgram
      ? { type: 'stdio', command: program, args: rest }
      : { type: /^wss?:/.test(String(url)) ? 'websocket' : (kind ?? 'http'), url: String(url) },
    values: Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])),
    problem: problems.join('; '),
    leftOut: Object.keys(others),
  };
}

const remoteKinds: ReadonlyMap<string, 'http' | 'sse' | 'websocket'> = new Map([
  ['http', 'http'],
  ['streamable-http', 'http'],
  ['sse', 'sse'],
  ['ws', 'websocket'],
  ['websocket', 'websocket'],
]);

/** The servers of a client's file. The page shows them first, and registers them when the person confirms. */
function Pasted(way: WayProps) {
  const [entries, setEntries] = useState<readonly Entry[]>();
  const [failure, setFailure] = useState<unknown>();
  if (entries)
    return <Preview way={way} entries={entries} onLeft={(left) => setEntries(left.length > 0 ? left : undefined)} />;
  return (
    <Form
      label="Servers of a client"
      action="Preview"
      isPending={false}
      error={failure}
      onSubmit={(fields) => {
        try {
          setEntries(entriesIn(String(fields.get('json'))));
          setFailure(undefined);
        } catch (error) {
          setFailure(error);
        }
      }}
    >
      <label>
        JSON with mcpServers, as clients keep it: a command with args and env, or a url with headers
        <textarea name="json" className="code" rows={12} required spellCheck={false} autoComplete="off" />
      </label>
    </Form>
  );
}

function Preview(props: {
  readonly way: WayProps;
  readonly entries: readonly Entry[];
  onLeft(entries: readonly Entry[]): void;
}) {
  const { way, entries, onLeft } = props;
  const may = useMay();
  const fleet = useFleet();
  const taken = new Set(fleet.data?.servers.map(({ name }) => name.toLowerCase()));
  const problemOf = ({ name, transport, problem }: Entry) => {
    if (problem !== '') return problem;
    if (taken.has(name.toLowerCase())) return 'a server of this name is there';
    return transport.type === 'stdio' && !may('server.execute') ? 'your role does not add commands' : '';
  };
  return (
    <Form
      label="Import these servers"
      action="Import"
      isPending={way.isPending}
      error={undefined}
      onSubmit={async (fields) => {
        const chosen = entries.filter((entry, at) => problemOf(entry) === '' && fields.has(`chosen.${at}`));
        const wanted = chosen.map(({ name, transport, values }): Wanted => {
          const at = entries.findIndex((entry) => entry.name === name);
          const given = Object.keys(values).map((key) => [key, String(fields.get(`value.${at}.${key}`) ?? '')]);
          const sealed = Object.fromEntries(given) as Record<string, string>;
          const whole = transport.type === 'stdio' ? { ...transport, env: sealed } : { ...transport, headers: sealed };
          return { name, register: () => hub.connect.servers.create({ name, transport: whole, ...siteIn(fields) }) };
        });
        if (wanted.length === 0) return;
        // The page drops the values of registered servers.
        const failed = await way.onAdd(wanted);
        onLeft(entries.filter(({ name }) => failed.includes(name)));
      }}
    >
      {entries.map((entry, at) => {
        const problem = problemOf(entry);
        return (
          <fieldset key={entry.name} className="form">
            <legend>{entry.name}</legend>
            <label>
              <input type="checkbox" name={`chosen.${at}`} defaultChecked={problem === ''} disabled={problem !== ''} />{' '}
              Import {entry.name}
            </label>
            <pre>{entry.source}</pre>
            {problem !== '' && <p className="failure">Not imported: {problem}</p>}
            {entry.leftOut.length > 0 && <p className="muted">Left out: {entry.leftOut.join(', ')}</p>}
            {problem === '' &&
              Object.entries(entry.values).map(([key, value]) => (
                <label key={key}>
                  {key}
                  {/\$\{/.test(value) && ' (the file has a placeholder here)'}
                  <input
                    name={`value.${at}.${key}`}
                    type="password"
                    autoComplete="new-password"
                    defaultValue={/\$\{/.test(value) ? '' : value}
                  />
                </label>
              ))}
          </fieldset>
        );
      })}
      <SiteChoice />
      <div className="actions">
        <button type="button" onClick={() => onLeft([])}>
          Discard
        </button>
      </div>
    </Form>
  );
}
