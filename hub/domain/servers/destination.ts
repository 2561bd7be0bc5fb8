import { valueFlags, whetherFlags } from '@roundhouse/proto/docker-flags';
import { checkDestination, type Destination, movedPart } from '../net/destination.js';
import {
  type Auth,
  type AuthInput,
  maskedAuthFields,
  maskedFields,
  type Transport,
  type TransportInput,
} from './transport.js';

/** The name and the version of a package or image, as each program writes them. Another version is the same destination. */
const versioned: Readonly<Record<string, RegExp>> = {
  npx: /^((?:@[a-z0-9._~-]+\/)?[a-z0-9][a-z0-9._~-]*)@[\w.^~+-]+$/i,
  uvx: /^([a-z0-9][a-z0-9._-]*)(?:@|==)[\w.!+]+$/i,
  docker: /^([a-z0-9][a-z0-9._/-]*(?::\d+\/[a-z0-9._/-]+)?)(?::[\w.-]+|(?::[\w.-]+)?@sha256:[0-9a-f]{64})$/i,
};

/** How a server is reached, and how its agent signs in there. */
interface Reach<T, A> {
  readonly transport: T;
  readonly auth: A;
}

/**
 * Checks that the secrets which an update keeps have the same destination as before. @param fields the names of both in errors
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

/** Whether the values of a server's environment, or of its headers, have the same destination as before. */
export function valuesStay(before: Transport | TransportInput, after: Transport | TransportInput): boolean {
  return movedPart(valuesDestination(before), valuesDestination(after)) === undefined;
}

/** Where the values of a server's environment, or of its headers, go. */
export function valuesDestination(transport: Transport | TransportInput): Destination {
  if (transport.type !== 'stdio') return { transport: transport.type, address: addressOf(transport.url) };
  const { type, command, args = [] } = transport;
  return { transport: type, 'command line': JSON.stringify([command, ...programArguments(command, args)]) };
}

/** Where the secret of a server's `auth` goes: it goes to the issuer of its tokens, and the tokens go to the server. */
function authDestination(transport: Transport | TransportInput, auth: Auth | AuthInput): Destination {
  const reach = { ...valuesDestination(transport), 'type of auth': auth.type };
  if (auth.type !== 'oauth2') return reach;
  // A private key stays at the agent, and a client's secret is sent.
  const isKey = 'privateKey' in auth ? auth.privateKey !== undefined : 'proof' in auth && auth.proof === 'privateKey';
  const proof = isKey ? 'private key' : 'client secret';
  return { ...reach, 'token URL': addressOf(auth.tokenUrl ?? ''), 'kind of proof': proof };
}

/**
 * The arguments that a change must not touch: all of them, except the version of the package or image, and the names of variables that
 * docker passes to a container. In a command line that these rules do not know, every argument counts.
 */
function programArguments(command: string, args: readonly string[]): readonly string[] {
  const program = command.slice(command.lastIndexOf('/') + 1);
  const pattern = versioned[program];
  if (!pattern) return args;
  const nameOf = (word: string) => pattern.exec(word)?.[1] ?? word;
  return (program === 'docker' ? dockerArguments(args, nameOf) : packageArguments(args, nameOf)) ?? args;
}

/** Takes the version off the word that names a package or image. */
type NameOf = (word: string) => string;

/** `npx [-y] PACKAGE …`, `npx -p PACKAGE …`, `uvx [--from] PACKAGE …`. `undefined` for another form. */
function packageArguments(args: readonly string[], nameOf: NameOf): string[] | undefined {
  const at = args.findIndex((arg) => !/^(-y|--yes|-q|--quiet|-p|--package|--from)$/.test(arg));
  // An option that is not listed may take the next word as its value.
  if (at < 0 || args[at]?.startsWith('-')) return undefined;
  return args.with(at, nameOf(args[at] ?? ''));
}

/** The flags of `docker run` that stand alone, and those that take the next word as their value: the flags that agents know, and a terminal. */
const lone: ReadonlySet<string> = new Set([...whetherFlags, '-t', '--tty', '-it', '-ti']);
const valued: ReadonlySet<string> = new Set(valueFlags);
const variableName = /^[A-Za-z_]\w*$/;

/** `docker run [options] IMAGE …`. `undefined` for another command and for options that are not listed. */
function dockerArguments(args: readonly string[], nameOf: NameOf): string[] | undefined {
  if (args[0] !== 'run') return undefined;
  const kept = ['run'];
  for (let at = 1; at < args.length; at++) {
    const arg = args[at] ?? '';
    const value = args[at + 1] ?? '';
    if (arg === '-e') {
      if (!variableName.test(value)) kept.push(arg, value);
      at += 1;
    } else if (lone.has(arg) || /^--[a-z-]+=/.test(arg)) kept.push(arg);
    else if (valued.has(arg)) {
      kept.push(arg, value);
      at += 1;
    } else if (arg.startsWith('-')) return undefined;
    else return [...kept, nameOf(arg), ...args.slice(at + 1)];
  }
  return undefined;
}

/** Two ways to write an address are the same destination. */
function addressOf(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}
