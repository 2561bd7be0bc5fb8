import type { connect, infrastructure } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Redirect } from 'wouter';
import { Confirm, Form, Once, Parts, useAct } from '../forms.js';
import { hub, hubAddress } from '../hub.js';
import { useMay, useSession } from '../session.js';
import { Failure, Moment, Page, Table } from '../ui.js';
import Webhooks from './webhooks.js';

const roles = ['viewer', 'user', 'operator', 'admin'] as const;
type Role = connect.User['role'];
const DAY_S = 86_400;

const parts = [
  { name: 'users', title: 'Users', permission: 'user.manage', content: Users },
  { name: 'keys', title: 'Keys', permission: 'key.manage', content: Keys },
  { name: 'tokens', title: 'Join tokens', permission: 'agent.enroll', content: JoinTokens },
  { name: 'webhooks', title: 'Webhooks', permission: 'webhook.manage', content: Webhooks },
] as const;

/** Users, keys, join tokens and webhooks, as far as the role may manage them. */
export default function People({ part }: { readonly part?: string | undefined }) {
  const may = useMay();
  const open = parts.filter(({ permission }) => may(permission));
  const shown = open.find(({ name }) => name === part);
  if (!shown) return <Redirect to={open[0] ? `/people/${open[0].name}` : '/'} replace />;
  return (
    <Page title="People and keys">
      <Parts
        label="Parts of People and keys"
        current={`/people/${shown.name}`}
        parts={open.map(({ name, title }) => ({ href: `/people/${name}`, title }))}
      />
      <shown.content />
    </Page>
  );
}

function RoleChoice({ name, value = 'user' }: { readonly name: string; readonly value?: Role }) {
  return (
    <label>
      Role
      <select name={name} defaultValue={value}>
        {roles.map((role) => (
          <option key={role}>{role}</option>
        ))}
      </select>
    </label>
  );
}

function Users() {
  const { session } = useSession();
  const { data, error } = useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => {
      const all: infrastructure.User[] = [];
      for await (const user of hub.infrastructure.users.listAll({ sort: 'username', limit: 100 }, { signal }))
        all.push(user);
      return all;
    },
  });
  const add = useAct((body: connect.CreateUserBody) => hub.connect.users.create(body), 'users');
  const change = useAct(
    ({ id, role }: { readonly id: string; readonly role: Role }) => hub.infrastructure.users.update(id, { role }),
    'users',
  );
  const remove = useAct((id: string) => hub.infrastructure.users.delete(id), 'users');
  const failed = error ?? change.error ?? remove.error;
  return (
    <>
      <Form
        label="New user"
        action="Make the user"
        isPending={add.isPending}
        error={add.error}
        onSubmit={(fields, form) =>
          add.mutate(
            {
              username: String(fields.get('username')),
              password: String(fields.get('password')),
              role: fields.get('role') as Role,
            },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <label>
          Name of the user
          <input name="username" required maxLength={64} autoComplete="off" />
        </label>
        <label>
          First password
          <input name="password" type="password" required minLength={8} maxLength={256} autoComplete="new-password" />
        </label>
        <RoleChoice name="role" />
      </Form>
      {failed && <Failure error={failed} />}
      <Table label="Users" head={['User', 'Role', 'Last sign-in', 'Made', 'Actions']}>
        {data?.map((user) => (
          <tr key={user.id}>
            <td>{user.username}</td>
            <td>
              <select
                aria-label={`Role of ${user.username}`}
                value={user.role}
                disabled={change.isPending}
                onChange={(event) => change.mutate({ id: user.id, role: event.target.value as Role })}
              >
                {roles.map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </select>
            </td>
            <td>
              <Moment at={user.last_login} />
            </td>
            <td>
              <Moment at={user.created_at} />
            </td>
            <td>
              <div className="actions">
                <NewPassword username={user.username} />
                {user.id !== session.user.id && (
                  <Confirm
                    action="Delete"
                    subject={user.username}
                    isPending={remove.isPending}
                    onConfirm={() => remove.mutate(user.id)}
                  />
                )}
              </div>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function NewPassword({ username }: { readonly username: string }) {
  const [isOpen, setOpen] = useState(false);
  const set = useAct((password: string) => hub.connect.users.setPassword(username, { password }));
  if (!isOpen)
    return (
      <button type="button" aria-label={`Set password of ${username}`} onClick={() => setOpen(true)}>
        Set password
      </button>
    );
  return (
    <Form
      label={`Password of ${username}`}
      action="Set"
      isPending={set.isPending}
      error={set.error}
      onSubmit={(fields) => set.mutate(String(fields.get('password')), { onSuccess: () => setOpen(false) })}
    >
      <label>
        New password. The user’s sign-ins end.
        <input name="password" type="password" required minLength={8} maxLength={256} autoComplete="new-password" />
      </label>
    </Form>
  );
}

const grantNames = [
  ['servers', 'Servers (names or ids)'],
  ['groups', 'Groups (names or ids)'],
  ['tools', 'Tools'],
  ['sites', 'Sites'],
] as const;

/** The names of a field, one in each line or with commas between them. */
function namesIn(text: FormDataEntryValue | null): string[] {
  return String(text ?? '')
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function grantsIn(fields: FormData): connect.CreateKeyBody['grants'] {
  const named = grantNames.map(([name]) => [name, namesIn(fields.get(name))] as const);
  const given = named.filter(([, names]) => names.length > 0);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function Keys() {
  const [made, setMade] = useState<{ readonly name: string; readonly key: string }>();
  const { data, error } = useQuery({
    queryKey: ['keys'],
    queryFn: ({ signal }) => hub.connect.keys.list({ signal }),
  });
  const add = useAct(async (body: connect.CreateKeyBody) => setMade(await hub.connect.keys.create(body)), 'keys');
  const revoke = useAct((id: string) => hub.connect.keys.revoke(id), 'keys');
  const failed = error ?? revoke.error;
  return (
    <>
      {made && <Once title={`The key ${made.name}`} text={made.key} onClose={() => setMade(undefined)} />}
      <Form
        label="New key"
        action="Make the key"
        isPending={add.isPending}
        error={add.error}
        onSubmit={(fields, form) => {
          const days = Number(fields.get('days'));
          const grants = grantsIn(fields);
          const body = {
            name: String(fields.get('name')),
            role: fields.get('role') as Role,
            tier: fields.get('tier') as connect.Key['tier'],
            ...(days > 0 && { expiresInSeconds: Math.round(days * DAY_S) }),
            ...(grants && { grants }),
          };
          add.mutate(body, { onSuccess: () => form.reset() });
        }}
      >
        <label>
          Name of the key
          <input name="name" required maxLength={128} autoComplete="off" />
        </label>
        <RoleChoice name="role" />
        <label>
          Limits of requests
          <select name="tier" defaultValue="free">
            <option>free</option>
            <option>pro</option>
            <option>enterprise</option>
          </select>
        </label>
        <label>
          Expires after days (empty: never)
          <input name="days" type="number" min={1} max={3650} />
        </label>
        <details>
          <summary>Only for some servers, groups, tools or sites</summary>
          {grantNames.map(([name, title]) => (
            <label key={name}>
              {title}, with commas between them
              <input name={name} autoComplete="off" />
            </label>
          ))}
        </details>
      </Form>
      {failed && <Failure error={failed} />}
      <Table label="Keys" head={['Key', 'Begins with', 'Role', 'Grants', 'Expires', 'Last used', 'Actions']}>
        {data?.map((key) => (
          <tr key={key.id}>
            <td>{key.name}</td>
            <td>
              <code>{key.prefix}</code>
            </td>
            <td>
              {key.role} <small>({key.tier})</small>
            </td>
            <td>{key.grants ? <Grants grants={key.grants} /> : 'everything'}</td>
            <td>{key.expiresAt ? <Moment at={key.expiresAt} /> : 'never'}</td>
            <td>
              <Moment at={key.lastUsedAt} />
            </td>
            <td>
              <Confirm
                action="Revoke"
                subject={key.name}
                isPending={revoke.isPending}
                onConfirm={() => revoke.mutate(key.id)}
              />
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Grants({ grants }: { readonly grants: NonNullable<connect.Key['grants']> }) {
  return (
    <ul className="plain-list">
      {grantNames.map(
        ([name]) =>
          grants[name] && (
            <li key={name}>
              {name}: {grants[name].length === 0 ? 'none' : grants[name].join(', ')}
            </li>
          ),
      )}
    </ul>
  );
}

function JoinTokens() {
  const [made, setMade] = useState<connect.CreateJoinTokenResult>();
  const { data, error } = useQuery({
    queryKey: ['join-tokens'],
    queryFn: ({ signal }) => hub.connect.agents.listJoinTokens({ signal }),
  });
  const add = useAct(
    async (body: connect.CreateJoinTokenBody) => setMade(await hub.connect.agents.createJoinToken(body)),
    'join-tokens',
  );
  const revoke = useAct((id: string) => hub.connect.agents.revokeJoinToken(id), 'join-tokens');
  const failed = error ?? revoke.error;
  return (
    <>
      {made && (
        <Once
          title={`The command for an agent at site ${made.site}`}
          text={`curl -fsSL ${hubAddress}/install/agent.sh | sudo sh -s -- --token ${made.token}`}
          onClose={() => setMade(undefined)}
        />
      )}
      <Form
        label="New join token"
        action="Make the token"
        isPending={add.isPending}
        error={add.error}
        onSubmit={(fields, form) =>
          add.mutate(
            { site: String(fields.get('site')), ttlSeconds: Math.round(Number(fields.get('hours')) * 3600) },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <label>
          Site of the agent
          <input name="site" required maxLength={64} autoComplete="off" />
        </label>
        <label>
          Valid for hours
          <input name="hours" type="number" min={1} max={720} defaultValue={1} required />
        </label>
      </Form>
      {failed && <Failure error={failed} />}
      <p>A token is good for one agent. The command runs on a Linux machine with systemd and Node.</p>
      {data?.length === 0 && <p>No token waits for an agent.</p>}
      {data && data.length > 0 && (
        <Table label="Join tokens" head={['Site', 'Made', 'Expires', 'Actions']}>
          {data.map((token) => (
            <tr key={token.id}>
              <td>{token.site}</td>
              <td>
                <Moment at={token.createdAt} />
              </td>
              <td>
                <Moment at={token.expiresAt} />
              </td>
              <td>
                <Confirm
                  action="Revoke"
                  subject={`the token for ${token.site}`}
                  isPending={revoke.isPending}
                  onConfirm={() => revoke.mutate(token.id)}
                />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
