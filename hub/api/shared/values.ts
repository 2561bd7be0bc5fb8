import { expecting, form } from '@roundhouse/proto/wording';
import { type TSchemaOptions, Type } from 'typebox';

/** Schemas of members that several APIs have. */

export const Time = Type.String({ format: 'date-time', description: 'UTC, ISO 8601' });
export const TimeOrNull = Type.Union([Time, Type.Null()]);
/** The time of an event that may not have happened. */
export const TimeOrNever = Type.Union([Time, Type.Null()], { description: '`null` for never' });
export const Id = Type.String({ format: 'uuid' });

/** Schemas of values that several APIs take. The names of their members differ. */

export const HttpUrl = Type.String({
  format: 'uri',
  ...form('must be a URL that begins with http:// or https://', '^https?://'),
  maxLength: 2048,
});
export const WebSocketUrl = Type.String({
  format: 'uri',
  ...form('must be a URL that begins with ws:// or wss://', '^wss?://'),
  maxLength: 2048,
});
export const Secret = Type.String({ minLength: 1, maxLength: 16_384 });

const HeaderName = Type.String({
  minLength: 1,
  maxLength: 256,
  ...form('those of an HTTP header name', "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"),
});
export const HeaderValues = Type.Record(
  HeaderName,
  Type.String({ maxLength: 16_384, ...form('those of an HTTP header value', '^[\\t\\x20-\\x7e\\x80-\\xff]*$') }),
  { maxProperties: 64, ...expecting('the name of an HTTP header') },
);

/** Values of environment variables. Answers mask every value; a masked value sent back keeps the stored value. */
export const EnvValues = (options: TSchemaOptions = {}) =>
  Type.Record(
    Type.String({ minLength: 1, maxLength: 256, pattern: '^[^=\\u0000]+$' }),
    Type.String({ maxLength: 65_536, ...form('any but NUL', '^[^\\u0000]*$') }),
    { maxProperties: 256, ...expecting("a name without '=' and NUL"), ...options },
  );

/** A program's arguments. */
export const Arguments = (options: TSchemaOptions = {}) =>
  Type.Array(Type.String({ maxLength: 65_536, ...form('any but NUL', '^[^\\u0000]*$') }), {
    maxItems: 256,
    ...options,
  });

export const NoAuth = Type.Object({ type: Type.Literal('none') }, { title: 'NoAuth' });
/** A key in a header. Default: `Authorization: Bearer`. */
export const ApiKeyAuth = Type.Object(
  {
    type: Type.Literal('api_key'),
    key: Type.String({ minLength: 1, maxLength: 16_384, ...form('printable ASCII', '^[\\x20-\\x7e]+$') }),
    header: Type.Optional(HeaderName),
    prefix: Type.Optional(Type.String({ maxLength: 64, ...form('printable ASCII', '^[\\x20-\\x7e]*$') })),
  },
  { title: 'ApiKeyAuth' },
);
export const OAuth2Grant = Type.Union([Type.Literal('client_credentials'), Type.Literal('authorization_code')]);
export const OAuth2ClientId = Type.String({ minLength: 1, maxLength: 1024 });
export const OAuth2Scopes = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 64 });
