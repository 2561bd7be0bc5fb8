import { oneOf, optional, type Shape } from '../../agents/shape.js';
import type { Cancellation } from '../../cancellation.js';
import type { DevicePort } from '../port.js';
import { type ConfigFormat, configFormats, type DeviceRecord } from '../record.js';

/** A configuration that was read from a device. */
export interface ReadConfig {
  readonly config: string;
  readonly format: ConfigFormat;
  /** The hash of the whole configuration as text, without the parts that change by themselves; absent for anything else. */
  readonly hash?: string;
  /** Milliseconds since 1970. */
  readonly retrievedAt: number;
}

const readConfig: Shape<ReadConfig> = {
  config: 'document',
  format: oneOf(...configFormats),
  hash: optional('text'),
  retrievedAt: 'time',
};

/** A whole running configuration. */
export interface Running {
  readonly text: string;
  readonly hash: string;
}

/** Slow devices take minutes for large configurations, milliseconds. */
const READ_MS = 180_000;

/** Reads configurations. */
export class ConfigReader {
  readonly #port: DevicePort;

  constructor(port: DevicePort) {
    this.#port = port;
  }

  /**
   * @param section the beginning of a line of the first level; empty for everything. @throws DomainError `device_unreachable`,
   * `device_config_failed`.
   */
  read(device: DeviceRecord, format: ConfigFormat, section: string, signal?: Cancellation): Promise<ReadConfig> {
    const operation = { case: 'getConfig', value: { deviceId: device.id, format, section } } as const;
    const options = { kind: 'read', timeoutMs: READ_MS + device.options.timeoutMs, signal } as const;
    return this.#port.json<ReadConfig>(device, 'config', operation, readConfig, options);
  }

  async running(device: DeviceRecord, signal?: Cancellation): Promise<Running> {
    const { config, hash = '' } = await this.read(device, 'text', '', signal);
    return { text: config, hash };
  }
}
