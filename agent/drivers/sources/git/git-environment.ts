import { AgentFailure } from '../../../failure.js';
import { allowedAddresses, FORBIDDEN_ADDRESS } from '../../net/site-lookup.js';
import { installerEnvironment } from '../../process/environment.js';

const always = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
  GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
};

/**
 * The environment of git, also where a package manager starts it. The repository's host is looked up here, once: git connects to the addresses
 * that were allowed, and follows no redirect to another host.
 * @throws AgentFailure `upstream` for a host that may not be dialled.
 */
export async function gitEnvironment(url: string): Promise<Record<string, string>> {
  const address = new URL(url);
  if (address.hostname === '') return always;
  const isHttp = /^https?:$/.test(address.protocol);
  const settings: [string, string][] = isHttp ? [['http.followRedirects', 'false']] : [];
  try {
    const found = await allowedAddresses(address, undefined);
    const port = address.port || (address.protocol === 'https:' ? '443' : '80');
    const addresses = found.map((entry) => (entry.family === 6 ? `[${entry.address}]` : entry.address));
    if (isHttp) settings.push(['http.curloptResolve', `${address.hostname}:${port}:${addresses.join(',')}`]);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === FORBIDDEN_ADDRESS) throw new AgentFailure('upstream', message, { reason: message });
    const hasProxy = Object.keys(installerEnvironment()).some((name) => /^(https?|all)_proxy$/i.test(name));
    // A host that only a proxy or SSH's own configuration knows is theirs to look up.
    if (isHttp && !hasProxy) {
      const reason = `${address.hostname} cannot be looked up: ${message}`;
      throw new AgentFailure('upstream', reason, { reason });
    }
  }
  const lines = settings.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { ...always, GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(lines) };
}
