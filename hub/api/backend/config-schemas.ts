import { expecting, form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import { onErrorChoices } from '../../domain/workflows/definition.js';
import {
  ApiKeyAuth,
  Arguments,
  EnvValues,
  HeaderValues,
  HttpUrl,
  NoAuth,
  OAuth2ClientId,
  OAuth2Grant,
  OAuth2Scopes,
  Secret,
  WebSocketUrl,
} from '../shared/values.js';

/** The type-specific configurations of definitions. Answers mask every secret; a masked secret sent back keeps the stored value. */

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, ...form('any but NUL', '^[^\\u0000]+$') });
const args = Type.Optional(Arguments({ description: 'Arguments of the server itself' }));
export const DefinitionEnv = EnvValues({ description: '`{{database:NAME}}` stands for an external database' });
const env = Type.Optional(DefinitionEnv);
const headers = Type.Optional(HeaderValues);

const Auth = Type.Union(
  [
    NoAuth,
    ApiKeyAuth,
    Type.Object(
      {
        type: Type.Literal('oauth2'),
        grant_type: Type.Optional(OAuth2Grant),
        client_id: Type.Optional(OAuth2ClientId),
        client_secret: Type.Optional(Secret),
        private_key: Type.Optional(Secret),
        token_url: Type.Optional(HttpUrl),
        scopes: Type.Optional(OAuth2Scopes),
      },
      { title: 'OAuth2Auth' },
    ),
  ],
  { title: 'Auth' },
);

const StepName = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits, '.', '_' and '-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9_.-]*$'),
});
const Value = Type.Union([Type.Boolean(), Type.Number(), Type.String(), Type.Array(Type.String(), { maxItems: 1000 })]);
const ParameterType = Type.Enum(['boolean', 'number', 'string', 'strings'] as const, {
  title: 'WorkflowParameterType',
});
const Parameter = Type.Object(
  {
    type: ParameterType,
    default: Value,
    description: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  { title: 'WorkflowParameter' },
);
const Step = Type.Object(
  {
    name: StepName,
    kind: Type.String({ minLength: 1, maxLength: 64 }),
    when: Type.Optional(Type.String({ maxLength: 64, description: 'A boolean parameter' })),
    on_error: Type.Optional(Type.Enum(onErrorChoices)),
    with: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Arguments of the step’s kind' })),
  },
  { title: 'WorkflowStep' },
);

export const WorkflowParameters = Type.Record(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }), Parameter, {
  maxProperties: 64,
  ...expecting("1 to 64 letters, digits and '_'"),
});
export const WorkflowSteps = Type.Array(Step, { minItems: 1, maxItems: 64 });

const ofPackages = (pattern: string) => ({
  package: Type.String({ minLength: 1, maxLength: 214, ...form('must be the name of a package', pattern) }),
  version: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      ...form("letters, digits and '._+!~^-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9._+!~^-]*$'),
    }),
  ),
  args,
  env,
});

export const Config = Type.Union(
  [
    Type.Object({ type: Type.Literal('stdio'), command: Text(4096), args, env }, { title: 'StdioConfig' }),
    Type.Object(
      {
        type: Type.Literal('npm'),
        ...ofPackages('^(@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*$'),
      },
      { title: 'NpmConfig' },
    ),
    Type.Object(
      {
        type: Type.Literal('pypi'),
        ...ofPackages('^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\\[[A-Za-z0-9,._-]+\\])?$'),
      },
      { title: 'PypiConfig' },
    ),
    Type.Object(
      {
        type: Type.Literal('docker'),
        image: Type.String({
          minLength: 1,
          maxLength: 512,
          ...form('must be the name of an image, such as registry.example/name:tag', '^[A-Za-z0-9][A-Za-z0-9._/:@-]*$'),
        }),
        options: Type.Optional(Type.Array(Text(4096), { maxItems: 256, description: 'Further flags of `docker run`' })),
        args,
        env,
      },
      { title: 'DockerConfig' },
    ),
    Type.Object(
      { type: Type.Literal('http'), url: HttpUrl, headers, auth: Type.Optional(Auth) },
      { title: 'HttpConfig' },
    ),
    Type.Object(
      { type: Type.Literal('sse'), url: HttpUrl, headers, auth: Type.Optional(Auth) },
      { title: 'SseConfig' },
    ),
    Type.Object(
      {
        type: Type.Literal('websocket'),
        url: WebSocketUrl,
        headers,
        auth: Type.Optional(Auth),
      },
      { title: 'WebSocketConfig' },
    ),
    Type.Object(
      {
        type: Type.Literal('workflow'),
        parameters: Type.Optional(WorkflowParameters),
        steps: WorkflowSteps,
      },
      { title: 'WorkflowConfig' },
    ),
  ],
  { title: 'DefinitionConfig' },
);
