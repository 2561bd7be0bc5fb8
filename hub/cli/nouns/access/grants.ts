import type { connect, Roundhouse } from '@roundhouse/sdk';
import { CommandError, isHubError } from '../../frame/failures.js';

/** The grants of a command line. */
export interface GivenGrants {
  /** Names or ids. */
  readonly servers?: readonly string[] | undefined;
  /** Names or ids. */
  readonly groups?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly sites?: readonly string[] | undefined;
}

/** The grants for the API. `warn` gets a sentence about each site and tool that the hub does not know yet. */
export async function checkedGrants(
  { connect }: Roundhouse,
  { servers, groups, tools, sites }: GivenGrants,
  warn: (text: string) => void,
): Promise<connect.Grants> {
  return {
    ...(servers && { servers }),
    ...(groups && { groups }),
    ...(tools && { tools: await knownTools(connect, tools, warn) }),
    ...(sites && { sites: knownSites(sites, await connect.sites.list(), warn) }),
  };
}

/** The hub's refusal of a server or group that it does not have, as a sentence about the option; `undefined` for other errors. */
export function unknownGrant(error: unknown, given: GivenGrants): CommandError | undefined {
  if (!isHubError(error)) return undefined;
  const [, option, at] = /^grants\.(servers|groups)\.(\d+)$/.exec(String(error.details.field)) ?? [];
  if (option !== 'servers' && option !== 'groups') return undefined;
  return new CommandError(
    `--${option}: the hub has no ${option.slice(0, -1)} '${given[option]?.[Number(at)]}'`,
    'missing',
  );
}

function knownSites(given: readonly string[], all: readonly connect.Site[], warn: (text: string) => void) {
  for (const text of given)
    if (!all.some(({ name }) => name === text)) warn(`there is no site '${text}': the key gets nothing by it yet`);
  return given;
}

async function knownTools({ tools }: Roundhouse['connect'], given: readonly string[], warn: (text: string) => void) {
  for (const text of given)
    if ((await toolsNamed(tools, text)).length === 0)
      warn(`no connected server has a tool '${text}': the key gets nothing by it yet`);
  return given;
}

/** The tools with exactly this name. The hub's list is searched in names and descriptions. */
export async function toolsNamed(
  tools: Roundhouse['connect']['tools'],
  name: string,
  server?: string,
): Promise<connect.Tool[]> {
  const found: connect.Tool[] = [];
  const query = { query: name.slice(0, 256), limit: 100, ...(server === undefined ? {} : { server }) };
  for await (const tool of tools.listAll(query)) if (tool.name === name) found.push(tool);
  return found;
}
