import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AgentFailure } from '../../../failure.js';
import { installerEnvironment } from '../../process/environment.js';
import { ProcessGroup } from '../../process/group.js';

/** The credentials of the agent's user at an image registry. */
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

/** The key of Docker Hub in the docker configuration. */
export const hubKey = 'https://index.docker.io/v1/';

/**
 * The credentials that `docker login` keeps for a registry, in the configuration of the agent's user (`DOCKER_CONFIG`, or `~/.docker`), credential
 * helpers included. `undefined` if there are none.
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
  const password = (entry.password ?? word).replace(/(?<!\0)\0+$/, '');
  const identityToken = entry.identitytoken ?? '';
  return username === '' && identityToken === '' ? undefined : { username, password, identityToken };
}

/** A key's host: some programs write whole addresses. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*/s, '');
}

function unusable(file: string, problem: string): AgentFailure {
  const reason = `the docker configuration ${file} ${problem}`;
  return new AgentFailure('upstream', reason, { reason });
}

const limitMs = 20_000;
const answerBytes = 64 * 1024;

/**
 * Asks a credential helper (`docker-credential-…`, protocol of github.com/docker/docker-credential-helpers) for a registry's
 * credentials. `undefined` if it has none.
 * @throws AgentFailure `upstream`; never with the helper's output.
 */
async function askHelper(name: string, registry: string): Promise<RegistryCredentials | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    throw failed('a credential helper', 'has a name with characters other than letters, digits, `_`, `.` and `-`');
  const options = { cwd: '/', env: installerEnvironment(), label: 'docker-credential' };
  const group = await ProcessGroup.start(program, ['get'], options).catch((error: NodeJS.ErrnoException) => {
    throw failed(program, error.code === 'ENOENT' ? 'is not installed at this agent' : 'cannot be started');
  });
  let answer = '';
  group.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (answer.length < answerBytes) answer += text;
  });
  group.stderr.resume();
  group.stdin.end(registry);
  // The `stop` below reports any error.
  const timer = setTimeout(() => group.kill().catch(() => {}), limitMs);
  const { code } = await group.exited;
  clearTimeout(timer);
  await group.stop();
  if (code !== 0) {
    if (/credentials not found/i.test(answer)) return undefined;
    throw failed(program, code === null ? 'gave no answer' : `ended with code ${code}`);
  }
  return read(program, answer);
}

function read(program: string, answer: string): RegistryCredentials {
  try {
    const { Username: username, Secret: secret } = JSON.parse(answer) as { Username?: unknown; Secret?: unknown };
    if (typeof username === 'string' && typeof secret === 'string') {
      return username === '<token>'
        ? { username: '', password: '', identityToken: secret }
        : { username, password: secret, identityToken: '' };
    }
  } catch {
    // The parser's message would quote the answer.
  }
  throw failed(program, 'gave an answer of another form than credential helpers do');
}

function failed(program: string, problem: string): AgentFailure {
  const reason = `${program} ${problem}`;
  return new AgentFailure('upstream', reason, { reason });
}
