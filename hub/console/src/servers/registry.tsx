import type { connect } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, number, Table, useSettled } from '../ui.js';
import { OneServer, siteIn, type WayProps } from './adding.js';

type Found = connect.SearchRegistryResult[number];
type Value = Found['ways'][number]['values'][number];

/** The least number of characters for a search in the registry. */
const LEAST = 3;

/** Finds a server in the MCP registry, asks for its values, and adds it. The hub asks the registry. */
export function Registry(way: WayProps) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Found>();
  const search = useSettled(text.trim());
  const { data, error, isFetching } = useQuery({
    queryKey: ['registry', search],
    queryFn: ({ signal }) => hub.connect.registry.search({ search }, { signal }),
    enabled: search.length >= LEAST,
  });
  if (chosen) return <Chosen key={chosen.name} server={chosen} way={way} onBack={() => setChosen(undefined)} />;
  return (
    <>
      <label className="filter">
        Name contains
        <input
          type="search"
          value={text}
          maxLength={256}
          placeholder="filesystem"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <p role="status" className="muted">
        {search.length < LEAST
          ? `Enter ${LEAST} characters of the name.`
          : isFetching
            ? 'The hub asks the registry …'
            : data && `${number(data.length)} found`}
      </p>
      {error && <Failure error={error} />}
      {data && data.length > 0 && (
        <Table label="Servers of the registry" head={['Server', 'Version', 'Ways', 'Actions']}>
          {data.map((server) => (
            <tr key={server.name}>
              <td>
                {server.title || server.name} {server.title !== '' && <small>({server.name})</small>}
                <br />
                <small>
                  {server.status === 'deprecated' && `Deprecated. ${server.statusMessage} `}
                  {server.description}
                </small>
              </td>
              <td>{server.version}</td>
              <td>{[...new Set(server.ways.map(({ kind }) => kind))].join(', ')}</td>
              <td>
                <button type="button" aria-label={`Choose ${server.name}`} onClick={() => setChosen(server)}>
                  Choose
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

/** The values of the chosen server, in the chosen way. */
function Chosen(props: { readonly server: Found; readonly way: WayProps; onBack(): void }) {
  const { name, version, description, ways } = props.server;
  const may = useMay();
  const problemOf = ({ problem, runs }: Found['ways'][number]) =>
    problem || (runs && !may('server.execute') ? 'your role does not add servers that run programs' : '');
  const [position, setPosition] = useState(() =>
    Math.max(
      0,
      ways.findIndex((one) => problemOf(one) === ''),
    ),
  );
  const way = ways[position];
  const problem = way ? problemOf(way) : 'the registry names no package and no address';
  return (
    <>
      <button type="button" onClick={props.onBack}>
        Choose another
      </button>
      <h2>
        {name} {version}
      </h2>
      <p>{description}</p>
      {ways.length > 1 && (
        <label className="filter">
          Way
          <select value={position} onChange={(event) => setPosition(Number(event.target.value))}>
            {ways.map(({ kind, source }, at) => (
              <option key={`${kind} ${source}`} value={at}>
                {kind}: {source}
              </option>
            ))}
          </select>
        </label>
      )}
      {problem !== '' && <p className="failure">It cannot be added: {problem}.</p>}
      {way && problem === '' && (
        <OneServer
          key={position}
          label={`Add ${name}`}
          name={name.slice(name.lastIndexOf('/') + 1)}
          way={props.way}
          register={(fields) => {
            const values = Object.fromEntries(
              way.values
                .map((value) => [value.name, givenIn(fields, value)] as const)
                .filter(([, given]) => given.length > 0),
            );
            const server = String(fields.get('name')).trim();
            return hub.connect.registry.addServer({
              ...{ name, version, way: position, values, server },
              ...siteIn(fields),
            });
          }}
        >
          <p>{way.runs ? 'The site will run this command:' : 'The site will reach this address:'}</p>
          <pre>{way.line}</pre>
          {way.values.map((value) => (
            <Field key={value.name} value={value} />
          ))}
        </OneServer>
      )}
    </>
  );
}

const fieldOf = ({ name }: Value) => `value.${name}`;

/** The texts that the person entered. A repeated value has one line for each text. */
function givenIn(fields: FormData, value: Value): string | string[] {
  const text = String(fields.get(fieldOf(value)) ?? '');
  if (!value.repeated) return text;
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function Field({ value }: { readonly value: Value }) {
  const { name, description, required, secret, repeated, choices } = value;
  const id = useId();
  const common = { id, name: fieldOf(value), required, defaultValue: value.default ?? '' };
  return (
    <div>
      <label htmlFor={id}>
        {name}
        {description !== '' && `: ${description}`}
        {repeated && ' (one in each line)'}
      </label>
      {choices.length > 0 ? (
        <select {...common}>
          {!required && value.default === null && <option value="">Not set</option>}
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : secret ? (
        <input {...common} type="password" autoComplete="new-password" />
      ) : repeated ? (
        <textarea {...common} className="code" rows={2} spellCheck={false} />
      ) : (
        <input {...common} autoComplete="off" spellCheck={false} />
      )}
    </div>
  );
}
