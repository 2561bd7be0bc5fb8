import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Header } from 'tar';
import { packageFolder, version } from '../host/package.js';
import type { FileRequest, PublicFile } from '../http/answer/files.js';

/** The oldest Node that the agent runs on. */
const leastNode = '20.12';

/** A host name or address with its port, as a browser sends it. */
const hostPattern = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The facts about this hub that the installer needs. */
export interface InstallerFacts {
  /** The address of the hub for people, if it is set. */
  readonly publicUrl: string | undefined;
  readonly tls: boolean;
  /** The port for agents. */
  readonly agentPort: () => number;
}

/**
 * Gives the agent to machines that reach only the hub: `GET /install/agent.sh`, and the package that the script downloads. Both are public: they hold
 * no secret, and an agent needs a join token.
 */
export class Installer {
  readonly #facts: InstallerFacts;
  #package: Promise<AgentPackage> | undefined;

  constructor(facts: InstallerFacts) {
    this.#facts = facts;
  }

  /**
   * A file below `/install/`.
   * @returns undefined if there is no such file
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

  /** The package, which is made for the first request. A hub that was installed without the agent has none. */
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

/** The package of the agent, for the operating system and processor of the hub. */
interface AgentPackage {
  /** Its name in the address. The name changes with the content. */
  readonly file: string;
  readonly platform: string;
  /** A tar archive, compressed by gzip. */
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** The parts of the agent's folder that run. Packages with native parts are not in its bundle. */
const own = ['bin', 'bundle', 'systemd', 'package.json'];
const native = ['lmdb', 'fs-native-extensions'];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** @returns the folder of a package, searched from the folder of the package that needs it, as Node searches */
function packageFrom(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (at === dirname(at)) return undefined;
  }
}

/** @returns the folders of the native packages and of their dependencies, without optional ones for other platforms */
function nativePackages(agentFolder: string): Map<string, string> {
  const found = new Map<string, string>();
  const add = (name: string, from: string) => {
    const folder = found.has(name) ? undefined : packageFrom(from, name);
    if (folder === undefined) return;
    found.set(name, folder);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    for (const next of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) add(next, folder);
  };
  for (const name of native) add(name, agentFolder);
  return found;
}

/** Code that Node compiled for this machine: files next to the bundle or, since Node 22, a folder. */
const compiled = /\.cache$|^bundle\/cache\//;

/** All files below a folder, without compiled code. @param names only these files and folders; empty: all */
async function filesBelow(folder: string, names: readonly string[]): Promise<string[]> {
  const listed = await readdir(folder, { recursive: true, withFileTypes: true });
  return listed
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => names.length === 0 || names.includes(path.split('/')[0] ?? ''))
    .filter((path) => !compiled.test(path) && !path.split('/').includes('node_modules'))
    .sort();
}

/** Packs the agent that is installed with the hub. The same files give the same bytes. */
export async function packAgent(agentFolder: string, version: string): Promise<AgentPackage> {
  const parts: Buffer[] = [];
  const addFolder = async (folder: string, below: string, names: readonly string[] = []) => {
    for (const path of await filesBelow(folder, names)) {
      const content = await readFile(join(folder, path));
      const header = Buffer.alloc(512);
      const mode = below === 'agent' && path.startsWith('bin/') ? 0o755 : 0o644;
      const entry = { path: `${below}/${path}`, size: content.length, mode, mtime: new Date(0), type: 'File' as const };
      if (new Header({ ...entry, uid: 0, gid: 0 }).encode(header, 0))
        throw new Error(`the path ${below}/${path} is too long for an archive`);
      parts.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
    }
  };
  await addFolder(agentFolder, 'agent', own);
  for (const [name, folder] of nativePackages(agentFolder)) await addFolder(folder, `node_modules/${name}`);
  parts.push(Buffer.alloc(1024));
  const bytes = await promisify(gzip)(Buffer.concat(parts));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const platform = `${process.platform}-${process.arch}`;
  return { file: `agent-${version}-${platform}-${sha256.slice(0, 12)}.tgz`, platform, bytes, sha256 };
}
