import { isDeepStrictEqual } from 'node:util';
import type { connect } from '@roundhouse/sdk';
import { isHubError } from '../../frame/failures.js';
import type { SiteEntry } from '../format.js';
import type { Access, Found, KindOf } from './kind.js';

const refused = () => Promise.reject(new Error('only the site changes its policy'));

/** Sites with the policies that their agents enforce. The hub reads a policy, and only the site changes it. */
export const sites: KindOf<SiteEntry> = {
  section: 'sites',
  noun: 'site',
  isPlain: true,
  isFixed: true,
  elsewhere:
    "only the site changes it: write the section 'policy' to policy.yaml in the data folder of each of its agents",
  async read(access) {
    const { hub, options } = access;
    const agents = await hub.connect.agents.list(options);
    const names = [...new Set(agents.map(({ site }) => site))];
    return Promise.all(
      names.map((site) =>
        siteOf(
          access,
          site,
          agents.filter((agent) => agent.site === site),
        ),
      ),
    );
  },
  look: async (access, { id }) => (await sites.read(access)).find((site) => site.id === id),
  stateOf: ({ policy }) => ({ policy: normal(policy) }),
  needsSecrets: () => false,
  create: refused,
  update: refused,
  remove: refused,
  entryOf: (state) => state,
};

async function siteOf({ hub, options }: Access, site: string, agents: readonly connect.Agent[]): Promise<Found> {
  const common = { id: site, name: site };
  // Without this check, the call to a disconnected agent would be repeated.
  const away = agents.find(({ status }) => status === 'disconnected');
  if (away) return { ...common, state: {}, unknown: `agent '${away.name}' is not connected` };
  try {
    const [first, ...others] = await Promise.all(
      agents.map(async ({ id }) => normal(await hub.connect.agents.getPolicy(id, options))),
    );
    const state = { policy: first ?? {} };
    if (others.every((other) => isDeepStrictEqual(other, first))) return { ...common, state };
    return { ...common, state: {}, unknown: 'its agents have different policies' };
  } catch (error) {
    if (!isHubError(error)) throw error;
    return { ...common, state: {}, unknown: error.message };
  }
}

/** A policy in a form that can be compared: its patterns are sorted, and sections without patterns have the agent's form. */
function normal({ read_only, ...sections }: SiteEntry['policy']) {
  const sorted = (patterns: readonly string[] | undefined) => patterns && [...new Set(patterns)].sort();
  const lists = Object.entries(sections).flatMap(([name, given]) => {
    if (given === undefined) return [];
    const { allow, deny } = Array.isArray(given) ? { allow: given, deny: undefined } : given;
    const section = { ...(allow && { allow: sorted(allow) }), ...(deny?.length && { deny: sorted(deny) }) };
    return Object.keys(section).length > 0 ? [[name, section] as const] : [];
  });
  return { ...(read_only && { read_only }), ...Object.fromEntries(lists) };
}
