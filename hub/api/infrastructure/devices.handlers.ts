import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { LoginInput } from '../../domain/devices/credentials.js';
import type { DeviceView } from '../../domain/devices/devices.js';
import type { DeviceUpdate, JumpHostInput } from '../../domain/devices/input.js';
import { shownState } from '../../domain/devices/observed.js';
import type { ConnectionOptions } from '../../domain/devices/record.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import type { Handlers } from '../../http/endpoint.js';
import { type deviceEndpoints, deviceList } from './devices.js';
import { pageReply } from './listing.js';
import { originOf } from './origin.js';

export function deviceHandlers({ network }: Domain): Handlers<typeof deviceEndpoints> {
  return {
    async listDevices({ query }, context) {
      const asked = deviceList.read(query);
      return pageReply(
        asked,
        await pageOf(network.devices.source(originOf(context)), deviceList.fields, asked),
        listed,
      );
    },

    async createDevice({ body }, context) {
      const { name, type, hostname, site } = body;
      const input = { name, type, hostname, ...inputOf(body), credentials: credentialsOf(body.credentials) };
      const view = await network.lifecycle.create(originOf(context), { ...input, ...(site ? { site } : {}) });
      return { ...summary(view), ...failure(view) };
    },

    getDevice({ params }, context) {
      const view = network.devices.get(originOf(context), params.device_id);
      const { record, facts, observed } = view;
      const { options, jumpHost } = record;
      const pins = network.devices.pins(record);
      return {
        ...listed(view),
        ...failure(view),
        system_info: {
          model: facts.info?.model ?? '',
          serial: facts.info?.serial ?? '',
          os_version: facts.info?.osVersion ?? '',
          uptime: facts.info?.uptime ?? '',
        },
        username: record.username,
        connection_options: {
          timeout: options.timeoutMs / 1000,
          keepalive: options.keepaliveMs / 1000,
          auto_connect: options.autoConnect,
          legacy_algorithms: options.legacyAlgorithms,
          jump_host: jumpHost && { ...jumpHost, known_host_key: pins.jumpHostKey || null },
        },
        known_host_key: pins.hostKey || null,
        next_attempt: isoTimeOrNull(observed.nextAttempt),
        updated_at: isoTime(record.updatedAt),
      };
    },

    async updateDevice({ params, body }, context) {
      const view = await network.lifecycle.update(originOf(context), params.device_id, inputOf(body));
      return { ...summary(view), ...failure(view), updated_at: isoTime(view.record.updatedAt) };
    },

    async deleteDevice({ params }, context) {
      await network.lifecycle.delete(originOf(context), params.device_id);
      return { message: 'Device successfully removed' };
    },
  };
}

function summary({ record, observed }: DeviceView) {
  const { id, name, type, hostname, port, site, tags, createdAt } = record;
  const status = shownState(observed);
  return { id, name, type, hostname, port, status, site, tags: [...tags], created_at: isoTime(createdAt) };
}

function listed(view: DeviceView) {
  return { ...summary(view), last_connected: isoTimeOrNull(view.facts.lastConnected) };
}

function failure({ observed }: DeviceView) {
  if (observed.state !== 'error') return {};
  return { error: observed.error, ...(observed.reason ? { error_reason: observed.reason } : {}) };
}

interface LoginBody {
  readonly username: string;
  readonly password?: string;
  readonly ssh_key?: string;
  readonly passphrase?: string;
  readonly enable_password?: string;
}

interface JumpHostBody {
  readonly hostname: string;
  readonly port?: number;
  readonly credentials: LoginBody;
  readonly known_host_key?: string | null;
}

interface Body {
  readonly name?: string;
  readonly hostname?: string;
  readonly port?: number;
  readonly credentials?: LoginBody;
  readonly connection_options?: {
    readonly timeout?: number;
    readonly keepalive?: number;
    readonly auto_connect?: boolean;
    readonly legacy_algorithms?: boolean;
    readonly jump_host?: JumpHostBody | null;
  };
  readonly known_host_key?: string | null;
  readonly tags?: readonly string[];
}

/** A body in the domain's words; absent members stay absent. */
function inputOf({
  name,
  hostname,
  port,
  credentials,
  connection_options = {},
  known_host_key,
  tags,
}: Body): DeviceUpdate {
  const { timeout, keepalive, auto_connect, legacy_algorithms, jump_host } = connection_options;
  const options: Partial<ConnectionOptions> = given({
    timeoutMs: milliseconds(timeout),
    keepaliveMs: milliseconds(keepalive),
    autoConnect: auto_connect,
    legacyAlgorithms: legacy_algorithms,
  });
  return given({
    name,
    hostname,
    port,
    credentials: credentials && credentialsOf(credentials),
    options: Object.keys(options).length > 0 ? options : undefined,
    jumpHost: jump_host && jumpHostOf(jump_host),
    ...(jump_host === null ? { jumpHost: null } : {}),
    knownHostKey: known_host_key,
    tags,
  });
}

function credentialsOf({ enable_password, ...login }: LoginBody): LoginInput & { readonly enablePassword?: string } {
  return given({ ...loginOf(login), enablePassword: enable_password }) as LoginInput;
}

function loginOf({ username, password, ssh_key, passphrase }: LoginBody): LoginInput {
  return given({ username, password, sshKey: ssh_key, passphrase }) as LoginInput;
}

function jumpHostOf({ hostname, port, credentials, known_host_key }: JumpHostBody): JumpHostInput {
  const jumpHost = { hostname, port, credentials: loginOf(credentials), knownHostKey: known_host_key };
  return given(jumpHost) as JumpHostInput;
}

/** Without the members that are `undefined`. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(seconds * 1000);
}
