import { checkDestination, type Destination } from '../secrets/destination.js';
import {
  type Auth,
  type AuthInput,
  maskedAuthFields,
  maskedFields,
  type Transport,
  type TransportInput,
} from './transport.js';

/** Programs whose arguments name the package or image: another version of it is the same destination. */
const launchers = new Set(['npx', 'uvx', 'docker']);

/** `name@1.2`, `name==1.2`, `name:1.2` and `name@sha256:…`; the name stands in front. */
const versioned =
  /^(@?[a-z0-9][a-z0-9._/-]*(?::\d+\/[a-z0-9._/-]+)?)(?:@[\w.^~+-]+|==[\w.!+]+|:[\w.-]+|(?::[\w.-]+)?@sha256:[0-9a-f]{64})$/i;

/** How a server is reached, and how its agent signs in there. */
interface Reach<T, A> {
  readonly transport: T;
  readonly auth: A;
}

/**
 * Checks that the secrets which an update keeps go where they went so far. @param fields the names of both in errors
 * @throws DomainError `invalid_input` naming the value, header or `auth` that the caller has to give again.
 */
export function checkSecretsStay(
  before: Reach<Transport | TransportInput, Auth | AuthInput>,
  { transport, auth }: Reach<TransportInput, AuthInput>,
  fields: Reach<string, string> = { transport: 'transport', auth: 'auth' },
): void {
  const values = maskedFields(transport, fields.transport);
  checkDestination(values, valuesDestination(before.transport), valuesDestination(transport));
  const secret = maskedAuthFields(auth, fields.auth);
  checkDestination(secret, authDestination(before.transport, before.auth), authDestination(transport, auth));
}

/** Where the values of a server's environment, or of its headers, go. */
export function valuesDestination(transport: Transport | TransportInput): Destination {
  if (transport.type !== 'stdio') return { transport: transport.type, address: addressOf(transport.url) };
  const { type, command, args = [] } = transport;
  return { transport: type, 'command line': JSON.stringify([command, ...programArguments(command, args)]) };
}

/** Where the secret of a server's `auth` goes: it goes to the issuer of its tokens, and the tokens go to the server. */
function authDestination(transport: Transport | TransportInput, auth: Auth | AuthInput): Destination {
  const tokenUrl = auth.type === 'oauth2' ? (auth.tokenUrl ?? '') : '';
  return { ...valuesDestination(transport), 'type of auth': auth.type, 'token URL': addressOf(tokenUrl) };
}

/** The arguments of the program, without its version, and without the names of variables that are handed through to a container. */
function programArguments(command: string, args: readonly string[]): readonly string[] {
  const program = command.slice(command.lastIndexOf('/') + 1);
  if (!launchers.has(program)) return args;
  const isName = (at: number) => args[at - 1] === '-e' && !args[at]?.includes('=');
  const own = args.filter((arg, at) => program !== 'docker' || !(isName(at) || (arg === '-e' && isName(at + 1))));
  return own.map((arg) => versioned.exec(arg)?.[1] ?? arg);
}

/** Two ways to write an address are one. */
function addressOf(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}
