import { AgentFailure } from '../../../failure.js';
import { installerEnvironment } from '../../process/environment.js';
import { ProcessGroup } from '../../process/group.js';
import type { RegistryCredentials } from './credentials.js';

const limitMs = 20_000;
const answerBytes = 64 * 1024;

/**
 * Asks a credential helper (`docker-credential-…`, protocol of github.com/docker/docker-credential-helpers) for a registry's
 * credentials. `undefined` where it has none.
 * @throws AgentFailure `upstream`; never with what the helper printed.
 */
export async function askHelper(name: string, registry: string): Promise<RegistryCredentials | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) throw failed('a credential helper', 'has a name that is none');
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
  // What goes wrong with it is told by the `stop` below.
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
  throw failed(program, 'gave an answer that is none');
}

function failed(program: string, problem: string): AgentFailure {
  const reason = `${program} ${problem}`;
  return new AgentFailure('upstream', reason, { reason });
}
