import { form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import { configFormats, deviceTypes } from '../../domain/devices/record.js';

/** Parts of the bodies and answers of devices, some of which clusters share (`seeds/001`). */
export const DeviceParams = Type.Object({
  device_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id or name' }),
});
export const Status = Type.Enum(['connected', 'disconnected', 'error'] as const, { title: 'ConnectionStatus' });
export const Format = Type.Enum(configFormats, { title: 'ConfigFormat', description: '`set` (Junos) is an extension' });
export const DeviceType = Type.Enum(deviceTypes, { title: 'DeviceType', description: '`frr` is an extension' });
export const Name = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form(
    "letters, digits, ' ', '.', '_' and '-', with a letter or digit first and no space last",
    '^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9._-])?$',
  ),
});
export const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
export const Hostname = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'Name or address, as the site knows it',
});
export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 64, ...form('any but a comma', '^[^,]*$') }), {
  maxItems: 32,
});

/** Seconds; 0 for the default. */
const Seconds = (maximum: number, description: string) =>
  Type.Number({ minimum: 0, maximum, description: `Seconds; 0: ${description}` });
const HostKey = Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
  description: 'Extension: the fingerprint that the host must show, `SHA256:…`; `null`: pin the next fingerprint',
});
const Secret = Type.String({ minLength: 1, maxLength: 4096 });

const login = {
  username: Type.String({ minLength: 1, maxLength: 256 }),
  password: Type.Optional(Secret),
  ssh_key: Type.Optional(Type.String({ minLength: 1, maxLength: 131_072, description: 'Private key, base64' })),
  passphrase: Type.Optional(
    Type.String({ minLength: 1, maxLength: 4096, description: 'Extension: of the private key' }),
  ),
};

export const Credentials = Type.Object(
  {
    ...login,
    enable_password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4096, description: 'Extension: for `enable`, where the platform has it' }),
    ),
  },
  { title: 'DeviceCredentials' },
);

const JumpHost = Type.Object(
  {
    hostname: Hostname,
    port: Type.Optional(Port),
    credentials: Type.Object(login),
    known_host_key: Type.Optional(HostKey),
  },
  { title: 'JumpHost' },
);

export const ConnectionOptions = Type.Object(
  {
    timeout: Type.Optional(Seconds(600, '30; from dialling to the first prompt')),
    keepalive: Type.Optional(Seconds(86_400, '30; between two signs of life')),
    auto_connect: Type.Optional(
      Type.Boolean({ description: 'Connected as soon as it is registered, and by any command; default `true`' }),
    ),
    legacy_algorithms: Type.Optional(
      Type.Boolean({ description: 'Extension: also the algorithms of old devices (SHA-1 key exchange, ssh-rsa, CBC)' }),
    ),
    jump_host: Type.Optional(
      Type.Union([JumpHost, Type.Null()], { description: 'Extension: an SSH server that the connection goes through' }),
    ),
  },
  { title: 'ConnectionOptions' },
);

export const KnownHostKey = HostKey;
