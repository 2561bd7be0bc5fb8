import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder, version } from '../host/package.js';
import type { FileRequest, PublicFile } from '../http/answer/files.js';
import { type AgentPackage, packAgent } from './agent-package.js';

/** The oldest Node that the agent runs on. */
const leastNode = '20.12';

/** A host name or address with its port, as a browser sends it. */
const hostPattern = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The facts about this hub that the installer needs. */
export interface InstallerFacts {
  /** The address of the hub for people, where it is set. */
  readonly publicUrl: string | undefined;
  readonly tls: boolean;
  /** The port where agents dial. */
  readonly agentPort: () => number;
}

/**
 * Hands out the agent to machines that reach nothing but the hub: `GET /install/agent.sh` and the package that it downloads. Both are public:
 * they hold no secret, and the join token decides who gets in.
 */
export class Installer {
  readonly #facts: InstallerFacts;
  #package: Promise<AgentPackage> | undefined;

  constructor(facts: InstallerFacts) {
    this.#facts = facts;
  }

  /**
   * A file below `/install/`.
   * @returns undefined where there is no such file
   */
  async file({ name, host }: FileRequest): Promise<PublicFile | undefined> {
    if (name !== 'agent.sh' && !/^agent-[\w.-]+\.tgz$/.test(name)) return undefined;
    const packed = await this.#packed();
    if (!packed) return undefined;
    if (name === packed.file) return { contentType: 'application/gzip', bytes: packed.bytes };
    const origin = name === 'agent.sh' ? this.#origin(host) : undefined;
    if (origin === undefined) return undefined;
    return { contentType: 'text/x-shellscript; charset=utf-8', bytes: this.#script(packed, origin) };
  }

  /** Packed when it is first asked for. A hub that was installed without the agent has none. */
  #packed(): Promise<AgentPackage | undefined> {
    const manifest = agentManifest();
    if (manifest === undefined) return Promise.resolve(undefined);
    this.#package ??= packAgent(dirname(manifest), version).catch((error: unknown) => {
      // The next request tries again.
      this.#package = undefined;
      throw error;
    });
    return this.#package;
  }

  #origin(host: string): string | undefined {
    const { publicUrl, tls } = this.#facts;
    if (publicUrl !== undefined) return publicUrl.replace(/(?<!\/)\/+$/, '');
    const origin = `${tls ? 'https' : 'http'}://${host}`;
    // `1.2.3.999` has the form of a host, and is no address.
    return hostPattern.test(host) && URL.canParse(origin) ? origin : undefined;
  }

  #script({ file, platform, sha256 }: AgentPackage, origin: string): Buffer {
    const values: Readonly<Record<string, string>> = {
      VERSION: version,
      ORIGIN: origin,
      HUB: `${new URL(origin).hostname}:${this.#facts.agentPort()}`,
      NODE: leastNode,
      PLATFORM: platform,
      FILE: file,
      SHA256: sha256,
    };
    const template = readFileSync(new URL('install/agent.sh', packageFolder), 'utf8');
    return Buffer.from(template.replaceAll(/@([A-Z0-9]+)@/g, (whole, name: string) => values[name] ?? whole));
  }
}

function agentManifest(): string | undefined {
  try {
    return createRequire(fileURLToPath(packageFolder)).resolve('@roundhouse/agent/package.json');
  } catch {
    return undefined;
  }
}
