import { Oauth2Grant, type ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../../failure.js';
import type { LogSink } from '../../logs/entry.js';
import type { Sources } from '../../sources/sources.js';
import type { Authorizations } from '../authorization/authorizations.js';
import { type Credentials, FixedCredentials, type Headers } from '../authorization/credentials.js';
import type { McpLimits } from '../limits.js';
import { serverFolder } from '../spec.js';
import { type EraOptions, EraTransport } from './eras/transport.js';
import { HttpEndpoint, sentHeaders } from './http/endpoint.js';
import { SseTransport } from './http/sse.js';
import { HttpTransport } from './http/streamable.js';
import { launcher, StdioTransport } from './stdio.js';
import type { Transport } from './transport.js';
import type { Unfinished } from './unfinished.js';
import { WebSocketTransport } from './websocket.js';

export interface TransportContext {
  readonly dataDir: string;
  readonly sources: Sources;
  readonly log: LogSink;
  readonly authorizations: Authorizations;
  readonly limits: McpLimits;
  readonly unfinished: Unfinished;
  readonly signal: AbortSignal;
  /** For a second instance: the user of the source's version, and its folder, if that is not the server's folder. */
  readonly own?: { readonly holder: string; readonly folder?: string } | undefined;
  /** See {@link EraOptions.newerFirst}. */
  readonly newerFirst?: boolean | undefined;
}

/** A transport for a server, not yet open, and the version of the server's source; empty without a source. */
export interface PreparedTransport {
  readonly transport: Transport;
  readonly version: string;
}

/**
 * Makes the transport that a specification asks for; a source is installed first.
 * @throws AgentFailure `invalid_argument`, `unimplemented` (a transport that this agent does not know), `upstream`, `cancelled`.
 */
export async function prepareTransport(spec: ServerSpec, context: TransportContext): Promise<PreparedTransport> {
  const { transport } = spec;
  // An instance with a separate folder belongs to one client, which uses sessions.
  const { limits, newerFirst = false } = context;
  const unfinished = () => context.unfinished.begin(spec.id);
  const eras = { limits, newerFirst, wantsSession: context.own?.folder !== undefined } satisfies Partial<EraOptions>;
  const ofAnyEra = (carrier: Transport, http = false) => new EraTransport(carrier, { ...eras, http });
  switch (transport.case) {
    case 'stdio': {
      const { command, args, env } = transport.value;
      const note = (message: string) => context.log.append({ level: 'info', source: 'agent', message });
      const program = await context.sources.prepare(spec.id, command, args, note, context.signal, {
        version: spec.version,
        holder: context.own?.holder,
      });
      if (program.start !== undefined) {
        const { start, version } = program;
        const child = () => start({ env, label: spec.id });
        return { transport: ofAnyEra(new StdioTransport(child, context.log, context.limits, unfinished)), version };
      }
      const path = [...program.path, env.PATH ?? process.env.PATH ?? ''].join(':');
      const launch = {
        command: program.command,
        args: program.args,
        env: program.path.length === 0 ? env : { ...env, PATH: path },
        cwd: context.own?.folder ?? serverFolder(context.dataDir, spec.id),
        label: spec.id,
      };
      const stdio = new StdioTransport(launcher(launch), context.log, context.limits, unfinished);
      return { transport: ofAnyEra(stdio), version: program.version };
    }
    case 'http': {
      const { url, headers } = transport.value;
      const endpoint = httpEndpoint(spec, url, headers, context);
      return { transport: ofAnyEra(new HttpTransport(endpoint, context.limits, unfinished), true), version: '' };
    }
    case 'sse': {
      const { url, headers } = transport.value;
      const endpoint = httpEndpoint(spec, url, headers, context);
      return { transport: new SseTransport(endpoint, context.limits, unfinished), version: '' };
    }
    case 'websocket': {
      const { url, headers, heartbeat } = transport.value;
      const reach = context.authorizations.reach(spec.id, url);
      const target = { url, headers, heartbeat, reach, credentials: credentials(spec, url, context) };
      return { transport: new WebSocketTransport(target, context.limits, unfinished), version: '' };
    }
    default:
      throw new AgentFailure('unimplemented', `this agent does not know the transport '${transport.case ?? 'none'}'`);
  }
}

/** @throws AgentFailure `invalid_argument` */
function httpEndpoint(spec: ServerSpec, url: string, headers: Headers, context: TransportContext): HttpEndpoint {
  const { authorizations } = context;
  const reach = authorizations.reach(spec.id, url);
  return new HttpEndpoint(url, headers, credentials(spec, url, context), authorizations.refused, reach);
}

/** @throws AgentFailure `invalid_argument` for a key that cannot be sent, or an invalid token URL. */
function credentials(spec: ServerSpec, url: string, { authorizations, log }: TransportContext): Credentials {
  const { auth } = spec;
  switch (auth.case) {
    case undefined:
      return new FixedCredentials({}, log.hide);
    case 'oauth2':
      return auth.value.grant === Oauth2Grant.AUTHORIZATION_CODE
        ? authorizations.of(spec, url, auth.value)
        : authorizations.credentials(spec.id, url, auth.value);
    case 'apiKey': {
      const { header, prefix, key } = auth.value;
      const headers = { [header || 'Authorization']: prefix === '' ? key : `${prefix} ${key}` };
      return new FixedCredentials(sentHeaders(headers), log.hide);
    }
  }
}
