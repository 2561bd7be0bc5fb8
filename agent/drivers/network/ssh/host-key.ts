import { createHash } from 'node:crypto';
import type { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';

/** A host key's fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Pins a host's key: the first key if none is known, and no other from then on. */
export class Pin {
  /** The key that the host has shown. */
  offered: string | undefined;

  /** `expected`: the pinned fingerprint; empty: none yet. */
  constructor(
    private readonly host: string,
    private readonly expected: string,
  ) {}

  /** The fingerprint that counts from now on; empty while none is known. */
  get pinned(): string {
    return this.expected || this.offered || '';
  }

  readonly accepts = (key: Buffer): boolean => {
    this.offered = fingerprint(key);
    return this.expected === '' || this.offered === this.expected;
  };

  /** The failure where the host has shown another key. */
  failure(): AgentFailure | undefined {
    const { expected, offered } = this;
    if (offered === undefined || expected === '' || offered === expected) return undefined;
    const message = `the host key of ${this.host} has changed: expected ${expected}, offered ${offered}`;
    return deviceFailure('disconnected', 'host_key_changed', message, { expected, offered });
  }
}
