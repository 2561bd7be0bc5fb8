import { expecting, form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import type { Role } from '../../domain/access/caller.js';
import type { EnablementConfig, EnablementRecord } from '../../domain/catalog/entry.js';
import { restartPolicies } from '../../domain/servers/record.js';

/** Pieces of `seeds/002` that several endpoints share. */

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
        'The action when its process ends by itself. `unless-stopped` is `always`: a stopped server stays stopped. Default: `always`',
    }),
  ),
};

/** The settings with which a server is enabled, without secrets. */
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

/** A configuration with the names of the domain. */
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

/** `seeds/002`, "Pagination". */
export const pagingFields = {
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: 'Number of the page' }),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Items per page' }),
};

export const Pagination = Type.Object(
  {
    page: Type.Integer(),
    limit: Type.Integer(),
    total: Type.Integer(),
    total_pages: Type.Integer(),
    has_next: Type.Boolean(),
    has_prev: Type.Boolean(),
  },
  { title: 'Pagination' },
);

export interface Paging {
  readonly page: number;
  readonly limit: number;
}

export function paginationOf({ page, limit }: Paging, total: number) {
  const pages = Math.ceil(total / limit);
  return { page, limit, total, total_pages: pages, has_next: page < pages, has_prev: page > 1 && total > 0 };
}

/** A page of a list in memory. */
export function pageOf<T>(items: readonly T[], { page, limit }: Paging): T[] {
  return items.slice((page - 1) * limit, page * limit);
}

/** `seeds/002` has three roles. The hub's fourth role, `viewer`, is a standard user without the right to change anything. */
export const portalRoles = ['super_admin', 'team_admin', 'standard_user'] as const;
export type PortalRole = (typeof portalRoles)[number];

const printed: Readonly<Record<Role, PortalRole>> = {
  admin: 'super_admin',
  operator: 'team_admin',
  user: 'standard_user',
  viewer: 'standard_user',
};

const meant: Readonly<Record<PortalRole, Role>> = {
  super_admin: 'admin',
  team_admin: 'operator',
  standard_user: 'user',
};

export function printRole(role: Role): PortalRole {
  return printed[role];
}

export function readRole(role: PortalRole): Role {
  return meant[role];
}

/** Amounts as `seeds/002` prints them: `0.5%`, `128MB`, `2h 30m`. */

export function printPercent(percent: number): string {
  return `${Math.round(percent * 10) / 10}%`;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** In units of 1,000. Up to megabytes there is no fraction. */
export function printBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  const shown = value < 10 && unit > 1 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${shown}${units[unit]}`;
}

/** The three largest parts that are not 0. For less than a minute, the seconds. */
export function printDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return `${whole}s`;
  return parts
    .slice(first)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}
