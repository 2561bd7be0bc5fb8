import type { connect } from '@roundhouse/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Form } from '../forms.js';
import { hub, reasonOf } from '../hub.js';
import { number, Status, Table } from '../ui.js';

/** A server that a person is about to register, and how the hub registers it. */
export interface Wanted {
  readonly name: string;
  register(): Promise<connect.Server>;
}

/** A server whose registration was tried. */
interface Tried {
  readonly name: string;
  /** Absent: the hub did not register it. */
  readonly id?: string;
  /** Why the hub did not register or connect it. */
  readonly failure?: string;
  readonly isBusy: boolean;
}

/** The action of each way to add servers. */
export interface WayProps {
  readonly isPending: boolean;
  /** @returns the names of the servers that the hub did not register */
  onAdd(wanted: readonly Wanted[]): Promise<readonly string[]>;
}

const LOOK_MS = 2000;

/** Registers and connects servers. The page keeps no values of variables or headers. */
export function useAdding() {
  const queries = useQueryClient();
  const [tried, setTried] = useState<readonly Tried[]>([]);
  const set = (name: string, change: Partial<Tried>) =>
    setTried((before) => before.map((one) => (one.name === name ? { ...one, ...change } : one)));
  const connect = async (name: string, id: string) => {
    set(name, { id, isBusy: true, failure: '' });
    try {
      await hub.connect.servers.connectServer(id, { timeoutMs: 0 });
      set(name, { isBusy: false });
    } catch (error) {
      set(name, { isBusy: false, failure: reasonOf(error) });
    }
    void queries.invalidateQueries({ queryKey: ['server', id] });
  };
  const add = async (wanted: readonly Wanted[]) => {
    const names = new Set(wanted.map(({ name }) => name));
    const begun = wanted.map(({ name }) => ({ name, isBusy: true }));
    setTried((before) => [...begun, ...before.filter(({ name }) => !names.has(name))]);
    const failed: string[] = [];
    for (const { name, register } of wanted) {
      try {
        const { id } = await register();
        // The next server does not wait for this one, which may install a package first.
        void connect(name, id);
      } catch (error) {
        failed.push(name);
        set(name, { isBusy: false, failure: reasonOf(error) });
      }
    }
    void queries.invalidateQueries({ queryKey: ['fleet'] });
    return failed;
  };
  return { tried, add, connect, clear: () => setTried([]) };
}

type Adding = ReturnType<typeof useAdding>;

/** The servers that a person has added on this page. */
export function Added({ adding }: { readonly adding: Adding }) {
  const { tried, connect: again, clear } = adding;
  if (tried.length === 0) return null;
  return (
    <section aria-label="Servers that were added">
      <Table label="Added servers" head={['Server', 'State', 'Reason', 'Actions']}>
        {tried.map((one) =>
          one.id === undefined ? (
            <tr key={one.name}>
              <td>{one.name}</td>
              <td>{one.isBusy ? 'registering …' : <Status state="failed" />}</td>
              <td>{one.failure}</td>
              <td />
            </tr>
          ) : (
            <Watched key={one.id} id={one.id} tried={one} onAgain={again} />
          ),
        )}
      </Table>
      <button type="button" disabled={tried.some(({ isBusy }) => isBusy)} onClick={clear}>
        Clear the list
      </button>
    </section>
  );
}

/** A registered server, watched until it works. */
function Watched(props: { readonly id: string; readonly tried: Tried; onAgain(name: string, id: string): void }) {
  const { id, tried, onAgain } = props;
  const { data } = useQuery({
    queryKey: ['server', id],
    queryFn: ({ signal }) => hub.connect.servers.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'connected' ? false : LOOK_MS),
  });
  const works = data?.status === 'connected';
  const consent = data?.runtime.authorizationUrl ?? '';
  const reason = data?.runtime.error ?? tried.failure;
  return (
    <tr>
      <td>
        <Link href={`/servers/${id}`}>{tried.name}</Link>
      </td>
      <td>
        {works ? (
          <Status state="connected" />
        ) : tried.isBusy ? (
          'connecting …'
        ) : (
          <Status state={data?.status ?? 'error'} />
        )}
      </td>
      <td>
        {works ? `It works and has ${number(data.toolCount)} tools.` : reason}
        {!works && /^https?:/.test(consent) && (
          <>
            {' '}
            <a href={consent} target="_blank" rel="noreferrer">
              Give your consent
            </a>
          </>
        )}
      </td>
      <td>
        {!works && !tried.isBusy && (
          <button
            type="button"
            aria-label={`Try again to connect ${tried.name}`}
            onClick={() => onAgain(tried.name, id)}
          >
            Try again
          </button>
        )}
      </td>
    </tr>
  );
}

/** A form for one server. After the registration the page makes a new form, so that no value stays. */
export function OneServer(props: {
  /** The initial name in the form. */
  readonly name?: string;
  readonly label: string;
  readonly way: WayProps;
  register(fields: FormData): Promise<connect.Server>;
  readonly children: ReactNode;
}) {
  const [made, setMade] = useState(0);
  const { way } = props;
  return (
    <Form
      key={made}
      label={props.label}
      action="Add the server"
      isPending={way.isPending}
      error={undefined}
      onSubmit={async (fields) => {
        const name = String(fields.get('name')).trim();
        const failed = await way.onAdd([{ name, register: () => props.register(fields) }]);
        if (failed.length === 0) setMade(made + 1);
      }}
    >
      <label>
        Name
        <input name="name" required maxLength={64} autoComplete="off" defaultValue={props.name} />
      </label>
      {props.children}
      <SiteChoice />
    </Form>
  );
}

/** The site where a server runs. */
export function SiteChoice() {
  const { data } = useQuery({
    queryKey: ['sites'],
    queryFn: ({ signal }) => hub.connect.sites.list({ signal }),
  });
  return (
    <label>
      Site
      <select name="site" defaultValue="">
        <option value="">The hub chooses</option>
        {data?.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** The chosen site, for a registration. */
export const siteIn = (fields: FormData) => {
  const site = String(fields.get('site') ?? '');
  return site === '' ? {} : { site };
};
