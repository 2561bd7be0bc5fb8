import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AgentFailure } from '../../../failure.js';
import { askHelper } from './credential-helper.js';

/** Who the agent's user is at an image registry. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  /** A refresh token in place of the password. */
  readonly identityToken: string;
}

interface Entry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, Entry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** How Docker Hub is called in that file. */
export const hubKey = 'https://index.docker.io/v1/';

/**
 * What `docker login` keeps for a registry, in the configuration of the agent's user (`DOCKER_CONFIG`, or `~/.docker`), credential
 * helpers included. `undefined` where there is nothing.
 * @throws AgentFailure `upstream` when the file or its helper cannot be used.
 */
export async function credentialsFor(registry: string): Promise<RegistryCredentials | undefined> {
  const config = await readConfig();
  const keys = registry === 'docker.io' ? [hubKey, 'index.docker.io', 'docker.io', 'registry-1.docker.io'] : [registry];
  const [first = registry] = keys;
  const helper = keys.map((key) => config.credHelpers?.[key]).find((name) => name !== undefined) ?? config.credsStore;
  const helped = helper === undefined || helper === '' ? undefined : await askHelper(helper, first);
  if (helped !== undefined) return helped;
  const found = Object.entries(config.auths ?? {}).find(([key]) => keys.includes(key) || keys.includes(hostOf(key)));
  return found && fromEntry(found[1]);
}

async function readConfig(): Promise<DockerConfig> {
  const file = join(process.env.DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {};
    throw unusable(file, 'cannot be read');
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The parser's message would quote the file, secrets included.
  }
  throw unusable(file, 'is not a JSON object');
}

function fromEntry(entry: Entry): RegistryCredentials | undefined {
  const plain = entry.auth ? Buffer.from(entry.auth, 'base64').toString() : '';
  const [user = '', word = ''] = plain.split(/:(.*)/s);
  const username = entry.username ?? user;
  const password = (entry.password ?? word).replace(/\0+$/, '');
  const identityToken = entry.identitytoken ?? '';
  return username === '' && identityToken === '' ? undefined : { username, password, identityToken };
}

/** A key's host: some programs write whole addresses. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}

function unusable(file: string, problem: string): AgentFailure {
  const reason = `the docker configuration ${file} ${problem}`;
  return new AgentFailure('upstream', reason, { reason });
}
