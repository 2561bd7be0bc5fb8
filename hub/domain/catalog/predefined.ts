import { createHash } from 'node:crypto';
import { builtinTemplates, type EnvPlaceholder, required, type Template } from '../templates/catalog.js';
import type { CatalogEntry } from './entry.js';

/** The predefined servers that their makers publish as images. The other predefined servers are the templates' packages. */
const images: readonly (Pick<
  CatalogEntry,
  'name' | 'displayName' | 'description' | 'category' | 'author' | 'documentation'
> & {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly EnvPlaceholder[];
})[] = [
  {
    name: 'github',
    displayName: 'GitHub',
    description: 'GitHub API integration: repositories, issues, pull requests and actions',
    image: 'ghcr.io/github/github-mcp-server:latest',
    category: 'development',
    author: 'GitHub',
    documentation: 'https://github.com/github/github-mcp-server',
    env: [required('GITHUB_PERSONAL_ACCESS_TOKEN', 'GitHub personal access token')],
  },
  {
    name: 'terraform',
    displayName: 'Terraform',
    description: 'Providers, modules and policies of the Terraform registry',
    image: 'hashicorp/terraform-mcp-server:latest',
    category: 'infrastructure',
    author: 'HashiCorp',
    documentation: 'https://github.com/hashicorp/terraform-mcp-server',
    env: [],
  },
  {
    name: 'grafana',
    displayName: 'Grafana',
    description: 'Dashboards, data sources, alerts and incidents of Grafana',
    image: 'grafana/mcp-grafana:latest',
    args: ['-t', 'stdio'],
    category: 'monitoring',
    author: 'Grafana Labs',
    documentation: 'https://github.com/grafana/mcp-grafana',
    env: [
      required('GRAFANA_URL', 'Address of your Grafana'),
      required('GRAFANA_SERVICE_ACCOUNT_TOKEN', 'Token of a Grafana service account'),
    ],
  },
];

/** A package that every user may enable. */
interface Confined {
  /** The version that was judged. The entry installs this version. */
  readonly version: string;
  /** Variables of the template that the entry does not offer. */
  readonly without?: readonly string[];
}

/**
 * The packages that every user may enable. A package runs with the rights of the agent's own user. So these packages do not read or write files of
 * the machine, keep nothing that another user's instance could find, and do not connect to addresses that a caller names: each of them connects
 * only to the hosts of its own service. Judge the tools of a version before its number changes here.
 *
 * Not among them is Apify: the author of an Actor names the address of the Actor's MCP server, to which the package connects.
 */
const confinedPackages: Readonly<Record<string, Confined>> = {
  everything: { version: '2026.8.31' },
  'sequential-thinking': { version: '2026.8.31' },
  time: { version: '2026.10.19' },
  sentry: { version: '0.36.0', without: ['SENTRY_HOST'] },
  context7: { version: '4.1.1' },
  'brave-search': { version: '2.1.4' },
  tavily: { version: '0.2.22' },
  exa: { version: '3.4.1' },
  'aws-documentation': { version: '1.2.3' },
};

const authors: Readonly<Record<string, string>> = {
  '@modelcontextprotocol': 'Model Context Protocol',
  '@playwright': 'Microsoft',
  '@brave': 'Brave',
  '@sentry': 'Sentry',
  '@upstash': 'Upstash',
  '@apify': 'Apify',
  '@notionhq': 'Notion',
};

/** The entries that ship with the hub, and the values that each needs. */
export const predefinedEntries: readonly (CatalogEntry & { readonly variables: readonly EnvPlaceholder[] })[] = [
  ...images.map(({ image, args = [], env, ...shown }) => ({
    ...common(shown.name, shown.category),
    ...shown,
    source: { type: 'image', image, args } as const,
    variables: env,
    confined: true,
  })),
  ...builtinTemplates.filter((template) => !images.some(({ name }) => name === nameOf(template))).map(ofTemplate),
].sort((a, b) => a.name.localeCompare(b.name));

function ofTemplate(given: Template) {
  const name = nameOf(given);
  const judged = Object.hasOwn(confinedPackages, name) ? confinedPackages[name] : undefined;
  const template = judged === undefined ? given : confinedTemplate(given, judged);
  const { name: displayName, description, category, documentation, envPlaceholders: variables } = template;
  const shown = { name, displayName, description, documentation, author: authorOf(template), variables };
  const source = { type: 'package', template } as const;
  return { ...common(name, category), ...shown, category, source, confined: judged !== undefined };
}

/** The template of the judged version, with the variables that users may give it. */
function confinedTemplate(template: Template, { version, without = [] }: Confined): Template {
  const { args, envPlaceholders, npmPackage, pypiPackage } = template;
  const pinned = npmPackage === null ? `${pypiPackage}==${version}` : `${npmPackage}@${version}`;
  return {
    ...template,
    args: args.map((arg) => (arg === (npmPackage ?? pypiPackage) ? pinned : arg)),
    envPlaceholders: envPlaceholders.filter(({ key }) => !without.includes(key)),
  };
}

function common(name: string, category: string) {
  const tags = [...new Set([name, category])];
  return { id: idOf(name), tags, type: 'predefined', ownerId: null, shared: true } as const;
}

function nameOf({ id }: Template): string {
  return id.replace(/^builtin-/, '');
}

function authorOf({ npmPackage, pypiPackage }: Template): string {
  if (pypiPackage?.startsWith('mcp-server-')) return 'Model Context Protocol';
  const scope = npmPackage?.startsWith('@') ? npmPackage.split('/', 1)[0] : undefined;
  return scope === undefined ? (npmPackage ?? pypiPackage ?? '') : (authors[scope] ?? scope.slice(1));
}

/** The same id at every hub and in every version, in the form of a UUID v7. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(`catalog/${name}`).digest('hex');
  return `01930000-0000-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}
