import type { connect, Roundhouse } from '@roundhouse/sdk';

/** Grants as given on the command line. */
export interface GivenGrants {
  /** Names or ids. */
  readonly servers?: readonly string[] | undefined;
  /** Names or ids. */
  readonly groups?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly sites?: readonly string[] | undefined;
}

/**
 * The grants as the hub takes them: given names of servers and groups become ids. A name that the hub does not know stays as it is, because
 * the hub may get to know it later; `warn` gets a sentence about each.
 */
export async function resolveGrants(
  { connect }: Roundhouse,
  { servers, groups, tools, sites }: GivenGrants,
  warn: (text: string) => void,
): Promise<connect.Grants> {
  return {
    ...(servers && { servers: idsOf('server', servers, await connect.servers.list(), warn) }),
    ...(groups && { groups: idsOf('group', groups, await connect.groups.list(), warn) }),
    ...(tools && { tools: await knownTools(connect, tools, warn) }),
    ...(sites && { sites: knownSites(sites, await connect.sites.list(), warn) }),
  };
}

function idsOf(
  kind: string,
  given: readonly string[],
  all: readonly { readonly id: string; readonly name: string }[],
  warn: (text: string) => void,
): string[] {
  return given.map((text) => {
    const found = all.find(({ id }) => id === text) ?? all.find(({ name }) => name === text);
    if (!found) warn(`there is no ${kind} '${text}': the key gets nothing by it`);
    return found?.id ?? text;
  });
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

/** The tools with just this name. The hub's list is searched in names and descriptions. */
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
