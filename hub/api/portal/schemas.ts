import { Type } from 'typebox';
import type { EnablementConfig, EnablementRecord } from '../../domain/catalog/enablement.js';
import { restartPolicies } from '../../domain/servers/record.js';
import { expecting, form } from '../../http/wording.js';

/** Pieces of `seeds/002` that several endpoints share. */

export const Time = Type.String({ format: 'date-time' });
export const TimeOrNull = Type.Union([Time, Type.Null()]);
export const TextOrNull = Type.Union([Type.String(), Type.Null()]);
export const ServerParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id or name' }),
});

const policy = {
  auto_start: Type.Optional(
    Type.Boolean({ description: 'Started as soon as it is enabled; otherwise with the first restart. Default: true' }),
  ),
  restart_policy: Type.Optional(
    Type.Enum(restartPolicies, {
      description:
        'What is done when its process ends by itself. `unless-stopped` is `always`: what was stopped stays so. Default: `always`',
    }),
  ),
};

/** How a server is enabled, without secrets. */
export const PolicyConfig = Type.Object(policy, { title: 'PolicyConfig' });

export const ServerConfig = Type.Object(
  {
    ...policy,
    env: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: 256, pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$' }),
        Type.String({ maxLength: 65_536 }),
        {
          maxProperties: 100,
          ...expecting("letters, digits, '.', '_' and '-', with a letter or '_' first"),
          description:
            'Extension: values that the server needs. They are sealed, and only their names are shown; those absent stay',
        },
      ),
    ),
  },
  { title: 'ServerConfig' },
);

/** The same in answers. */
export const ShownConfig = Type.Object(
  { auto_start: Type.Boolean(), restart_policy: Type.Enum(restartPolicies) },
  { title: 'ShownConfig' },
);

export const EntryName = Type.String({
  minLength: 1,
  maxLength: 40,
  ...form(
    "letters, digits, '.', '_' and '-', with a letter or digit first and last",
    '^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$',
  ),
});
export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32 });

interface Sent {
  readonly auto_start?: boolean;
  readonly restart_policy?: EnablementRecord['restartPolicy'];
  readonly env?: Readonly<Record<string, string>>;
}

/** A configuration in the domain's words. */
export function readConfig({ auto_start: autoStart, restart_policy: restartPolicy, env }: Sent = {}): EnablementConfig {
  return {
    ...(autoStart === undefined ? {} : { autoStart }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(env === undefined ? {} : { env }),
  };
}

export function printConfig({ autoStart, restartPolicy }: Pick<EnablementRecord, 'autoStart' | 'restartPolicy'>) {
  return { auto_start: autoStart, restart_policy: restartPolicy };
}
