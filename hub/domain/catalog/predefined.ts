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

/**
 * The packages that every user may enable. A package runs with the rights of the agent's own user. So these packages do not read or write files of
 * the machine, keep nothing that another user's instance could find, and do not connect to addresses that a caller names.
 */
const confinedPackages = new Set([
  'everything',
  'sequential-thinking',
  'time',
  'sentry',
  'context7',
  'brave-search',
  'tavily',
  'exa',
  'apify',
  'aws-documentation',
]);

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

function ofTemplate(template: Template) {
  const { name: displayName, description, category, documentation, envPlaceholders: variables } = template;
  const name = nameOf(template);
  const shown = { name, displayName, description, documentation, author: authorOf(template), variables };
  const source = { type: 'package', template } as const;
  return { ...common(name, category), ...shown, category, source, confined: confinedPackages.has(name) };
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
