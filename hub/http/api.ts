import type { TSchema } from 'typebox';
import type { Door } from '../domain/access/caller.js';
import type { DomainError } from '../domain/errors.js';
import type { BoundEndpoint, Json } from './endpoint.js';

/** The parts of a request that its envelope may need. */
export interface ReplyInfo {
  readonly requestId: string;
  /** UTC, ISO 8601. */
  readonly timestamp: string;
}

/** The form of one API's answers. `hub/api/<api>/envelope.ts` implements it, and no other file knows the form. */
export interface Envelope {
  /**
   * The body of a success. `data` is finished JSON text; `extra` holds the further members of the envelope.
   * `data` is `undefined` for answers without a payload.
   */
  success(data: string | undefined, extra: Readonly<Record<string, unknown>> | undefined, info: ReplyInfo): string;
  /** Status and body (JSON text) of a failure. */
  failure(error: DomainError, info: ReplyInfo): { readonly status: number; readonly body: string };
  /** JSON Schema of the results of {@link Envelope.success}, for OpenAPI. */
  schema(data: TSchema | undefined, extra: TSchema | undefined): object;
  /** JSON Schema of every failure's body, for OpenAPI. */
  errorSchema(): object;
}

/** The members of an object schema, to be mixed into another. */
export function membersOf(schema: TSchema): Record<string, TSchema> {
  return (schema as { properties?: Record<string, TSchema> }).properties ?? {};
}

/** A rate-limit class: the number of requests per window, counted for each caller (or address, before there is a caller). */
export interface LimitClass {
  readonly requests: number;
  readonly windowSeconds: number;
  /** The subject that is counted: the credential's user or key (default), the user with all of its keys, or the client's address. */
  readonly per?: 'caller' | 'user' | 'address';
}

/** One of the five APIs, or the MCP door, ready to be mounted. */
export interface Api {
  readonly name: Door;
  /** Title and version for OpenAPI and headers. */
  readonly title: string;
  readonly version: string;
  readonly endpoints: readonly BoundEndpoint[];
  readonly envelope: Envelope;
  /** The API's documented classes, by name. */
  readonly limits: Readonly<Record<string, LimitClass>>;
  /** Class of an endpoint that names none. */
  readonly defaultLimit: { readonly read: string | null; readonly write: string | null };
  /** The unit of `X-RateLimit-Reset`: seconds since 1970, or the seconds that are left (`backend`). */
  readonly resetHeader: 'epoch' | 'seconds-left';
  /** Its endpoints are only at the plain paths of its table: it has no base. */
  readonly plainOnly?: boolean;
  /** Headers on each of its responses, such as `X-API-Version`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `WWW-Authenticate` of a refusal; `undefined` for none. Default: `Bearer` with every 401. */
  readonly challenge?: (error: DomainError) => string | undefined;
}

export type { Json };
