import type { connect } from '@roundhouse/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { hub, isLost, pageAddress, reasonOf, rememberToken } from './hub.js';
import { Failure } from './ui.js';

type Session = connect.BrowserSession;
type Reply = connect.GetSessionResult;

const SessionContext = createContext<{ readonly session: Session; signOut(): Promise<void> } | null>(null);

/** The user who is signed in. */
export function useSession() {
  const found = useContext(SessionContext);
  if (!found) throw new Error('no session here');
  return found;
}

/** Whether the user's role includes a permission, such as `server.operate`. The hub decides; the console only hides actions that the hub would refuse. */
export function useMay(): (permission: string) => boolean {
  const { user } = useSession().session;
  return (permission) => user.permissions.includes(permission);
}

const LOOK_MS = 5000;

/**
 * Shows its content to a user who is signed in. It checks the session every few seconds. If the session ends, the sign-in covers the content, which
 * keeps its input. Another user gets new content.
 */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [last, setLast] = useState<Session | null>(null);
  const { data, error } = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => hub.connect.session.get({ signal, retries: 0 }),
    refetchInterval: LOOK_MS,
    retry: false,
  });
  const session = data?.session ?? null;
  rememberToken(session?.csrfToken);
  const lost = isLost(error);
  useEffect(() => {
    if (session) setLast(session);
  }, [session]);
  useEffect(() => {
    // The hub is back, and everything may have changed.
    if (!lost) void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
  }, [lost, queries]);
  const set = (next: Session | null) =>
    queries.setQueryData<Reply>(['session'], (before) => ({ provider: before?.provider ?? false, session: next }));
  const signOut = async () => {
    await hub.connect.session.signOut();
    setLast(null);
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
    set(null);
  };
  const shown = session ?? last;
  return (
    <>
      {lost && (
        <p className="banner" role="alert">
          The connection to the hub is lost. The console tries again; nothing that you typed is lost.
        </p>
      )}
      {data && !session && <SignIn provider={data.provider} again={last?.user.name} onSignedIn={set} />}
      {!data && !lost && (error ? <Failure error={error} /> : <p className="page">Loading …</p>)}
      {shown && (
        <div key={shown.user.id} inert={!session} hidden={!session}>
          <SessionContext.Provider value={{ session: shown, signOut }}>{children}</SessionContext.Provider>
        </div>
      )}
    </>
  );
}

/** The provider's answer in the page's address. It is removed from the address at once, because it is valid only once. */
const answer = (() => {
  const query = new URLSearchParams(location.search);
  const [code, state, failed] = [query.get('code'), query.get('state'), query.get('error')];
  if (location.search !== '') history.replaceState(null, '', `${pageAddress}${location.hash}`);
  return { sent: code !== null && state !== null ? { code, state } : undefined, failed };
})();

function SignIn(props: {
  readonly provider: boolean;
  readonly again: string | undefined;
  onSignedIn(session: Session): void;
}) {
  const [failure, setFailure] = useState<string | undefined>(
    // A link may hold any text here, so only a text in the form of an error code is shown.
    answer.failed === null
      ? undefined
      : `The identity provider refused${/^[a-z_]{1,40}$/.test(answer.failed) ? `: ${answer.failed}` : ''}`,
  );
  const [busy, setBusy] = useState(false);
  const { onSignedIn } = props;
  const attempt = async (step: () => Promise<Session | undefined>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      const session = await step();
      if (session) onSignedIn(session);
    } catch (error) {
      setFailure(reasonOf(error));
    } finally {
      setBusy(false);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the answer of the provider is sent once
  useEffect(() => {
    const { sent } = answer;
    answer.sent = undefined;
    if (sent) void attempt(() => hub.connect.session.finishSignIn(sent));
  }, []);
  return (
    <main className="sign-in">
      <h1>Roundhouse</h1>
      {props.again && <p>Your session has ended. Sign in to go on where you were.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const fields = new FormData(event.currentTarget);
          const [username, password] = [String(fields.get('username')), String(fields.get('password'))];
          void attempt(() => hub.connect.session.signIn({ username, password }));
        }}
      >
        <label>
          User name
          <input name="username" autoComplete="username" defaultValue={props.again} required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {failure && (
          <p className="failure" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" className="primary" disabled={busy}>
          Sign in
        </button>
      </form>
      {props.provider && (
        <button
          type="button"
          disabled={busy}
          onClick={() =>
            void attempt(async () => {
              const { location: address } = await hub.connect.session.beginSignIn({ redirectUri: pageAddress });
              location.assign(address);
              return undefined;
            })
          }
        >
          Sign in with the identity provider
        </button>
      )}
    </main>
  );
}
