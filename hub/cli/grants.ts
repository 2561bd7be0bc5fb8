import { callJson, type HubOptions } from './client.js';

/** Grants as given on the command line. */
export interface GivenGrants {
  /** Names or ids. */
  readonly servers?: readonly string[] | undefined;
  /** Names or ids. */
  readonly groups?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly sites?: readonly string[] | undefined;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * The grants as the hub takes them: given names of servers and groups become ids. A name that the hub does not know stays as it is, because
 * the hub may get to know it later; `warn` gets a sentence about each.
 * @throws CommandError where the hub does not answer.
 */
export async function resolveGrants(
  hub: HubOptions,
  given: GivenGrants,
  warn: (text: string) => void,
): Promise<GivenGrants> {
  return {
    servers: given.servers && (await ids(hub, 'server', given.servers, warn)),
    groups: given.groups && (await ids(hub, 'group', given.groups, warn)),
    tools: given.tools && (await knownTools(hub, given.tools, warn)),
    sites: given.sites && (await knownSites(hub, given.sites, warn)),
  };
}

async function ids(
  hub: HubOptions,
  kind: 'server' | 'group',
  given: readonly string[],
  warn: (text: string) => void,
): Promise<string[]> {
  const all = await callJson<Named[]>(hub, 'GET', `/${kind}s`);
  return given.map((text) => {
    const found = all.find(({ id }) => id === text) ?? all.find(({ name }) => name === text);
    if (!found) warn(`there is no ${kind} '${text}': the key gets nothing by it`);
    return found?.id ?? text;
  });
}

async function knownSites(hub: HubOptions, given: readonly string[], warn: (text: string) => void) {
  const all = await callJson<{ name: string }[]>(hub, 'GET', '/sites');
  for (const text of given)
    if (!all.some(({ name }) => name === text)) warn(`there is no site '${text}': the key gets nothing by it yet`);
  return given;
}

async function knownTools(hub: HubOptions, given: readonly string[], warn: (text: string) => void) {
  for (const text of given)
    if (!(await isTool(hub, text))) warn(`no connected server has a tool '${text}': the key gets nothing by it yet`);
  return given;
}

/** The list is searched in names and descriptions, a page at a time: whether one of them has just this name. */
async function isTool(hub: HubOptions, text: string): Promise<boolean> {
  for (let offset = 0; ; ) {
    const asked = new URLSearchParams({ query: text.slice(0, 256), limit: '100', offset: String(offset) });
    const { tools, total } = await callJson<{ tools: Named[]; total: number }>(hub, 'GET', `/tools?${asked}`);
    if (tools.some(({ name }) => name === text)) return true;
    offset += tools.length;
    if (tools.length === 0 || offset >= total) return false;
  }
}
