import type { EnablementConfig, EnablementRecord } from '../../domain/catalog/enablement.js';

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
