import { officialRegistry, registryAddress } from '../../domain/registry/address.js';
import type { HubOptions } from '../frame/connection.js';
import { ContextFile } from '../frame/contexts.js';
import { CommandError } from '../frame/failures.js';
import type { Terminal } from '../frame/terminal.js';

/** The address of a registry, without a slash at its end. @throws CommandError if the text is no address */
export function registryUrl(text: string): string {
  const url = registryAddress(text);
  if (url === undefined)
    throw new CommandError(`'${text}' is not the address of a registry: give https://HOST`, 'usage');
  return url;
}

/**
 * The registry that a command asks. An option wins over a context that `--context` names, that over the environment, and the environment over
 * the current context.
 * @throws CommandError if the address is not one
 */
export async function registryOf(
  { registry, context }: Pick<HubOptions, 'context'> & { readonly registry: string | undefined },
  { env, home }: Terminal,
): Promise<string> {
  if (registry !== undefined) return registryUrl(registry);
  const file = new ContextFile(env, home);
  const named = context === undefined ? undefined : (await file.get(context)).registry;
  const variables = env.ROUNDHOUSE_CONTEXT ? await file.get(env.ROUNDHOUSE_CONTEXT) : await file.current();
  return registryUrl(named ?? (env.ROUNDHOUSE_REGISTRY || variables?.registry) ?? officialRegistry);
}
