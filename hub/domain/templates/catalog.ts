/** A value that a template's server needs from the user who makes the server. */
export interface EnvPlaceholder {
  readonly key: string;
  readonly description: string;
  readonly required: boolean;
}

/** A well-known MCP server, ready to be registered (`seeds/003`, "Templates"). */
export interface Template {
  /** `builtin-…` */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly category: string;
  readonly transport: 'stdio';
  readonly command: 'npx' | 'uvx';
  /** `${KEY}` stands for the value of the placeholder with this key. Such a value does not become an environment variable. */
  readonly args: readonly string[];
  readonly envPlaceholders: readonly EnvPlaceholder[];
  /** Where its documentation is. */
  readonly documentation: string;
  /** The package at its registry: one of the two. */
  readonly npmPackage: string | null;
  readonly pypiPackage: string | null;
  /** The names of the variables that the server reads, by placeholder, where the two differ. */
  readonly variables: Readonly<Record<string, string>>;
  /** The variables that the server always gets, by name. */
  readonly fixed: Readonly<Record<string, string>>;
}

interface Described {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly category: string;
  readonly documentation: string;
  /** The arguments after the package. */
  readonly args?: readonly string[];
  readonly env?: readonly EnvPlaceholder[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly fixed?: Readonly<Record<string, string>>;
}

/** A template whose server is a package at npm. */
export function npm(id: string, npmPackage: string, described: Described): Template {
  return { ...base(id, described, ['-y', npmPackage]), command: 'npx', npmPackage, pypiPackage: null };
}

/** A template whose server is a package at PyPI. */
export function pypi(id: string, pypiPackage: string, described: Described): Template {
  return { ...base(id, described, [pypiPackage]), command: 'uvx', npmPackage: null, pypiPackage };
}

/** A placeholder whose value the server needs. */
export function required(key: string, description: string): EnvPlaceholder {
  return { key, description, required: true };
}

export function optional(key: string, description: string): EnvPlaceholder {
  return { key, description, required: false };
}

function base(
  id: string,
  { args = [], env = [], variables = {}, fixed = {}, ...shown }: Described,
  start: readonly string[],
) {
  const common = { transport: 'stdio', args: [...start, ...args], envPlaceholders: env, variables, fixed } as const;
  return { id: `builtin-${id}`, ...shown, ...common };
}

// `.ci/check-templates.mjs` checks every package here against its registry.
const reference = 'https://github.com/modelcontextprotocol/servers/tree/main/src';

/** Of the reference server: its tool `gzip-file-as-resource` fetches the URL that its caller gives it. No URL has this host. */
export const everythingVariables = { GZIP_ALLOWED_DOMAINS: '<no domain>' } as const;

/** The templates that come with the hub. */
export const builtinTemplates: readonly Template[] = [
  npm('everything', '@modelcontextprotocol/server-everything', {
    name: 'Everything',
    description:
      'The reference server of the MCP project: a tool, prompt and resource of every kind, for trying things out',
    icon: 'beaker',
    category: 'testing',
    documentation: `${reference}/everything`,
    fixed: everythingVariables,
  }),
  npm('filesystem', '@modelcontextprotocol/server-filesystem', {
    name: 'Filesystem',
    description: 'Read, write and search files below one folder of the site',
    icon: 'folder',
    category: 'storage',
    documentation: `${reference}/filesystem`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the template
    args: ['${ALLOWED_DIRECTORY}'],
    env: [required('ALLOWED_DIRECTORY', 'The folder that the server may use, as an absolute path at the site')],
  }),
  npm('memory', '@modelcontextprotocol/server-memory', {
    name: 'Memory',
    description: 'A knowledge graph that keeps entities, relations and observations across conversations',
    icon: 'brain',
    category: 'storage',
    documentation: `${reference}/memory`,
    env: [optional('MEMORY_FILE_PATH', 'The file that the graph is kept in, as an absolute path at the site')],
  }),
  npm('sequential-thinking', '@modelcontextprotocol/server-sequential-thinking', {
    name: 'Sequential Thinking',
    description: 'Step-by-step problem solving through sequences of thoughts that can be revised',
    icon: 'list-ordered',
    category: 'productivity',
    documentation: `${reference}/sequentialthinking`,
  }),
  pypi('fetch', 'mcp-server-fetch', {
    name: 'Fetch',
    description: 'Fetch web pages and turn them into Markdown',
    icon: 'globe',
    category: 'web',
    documentation: `${reference}/fetch`,
  }),
  pypi('git', 'mcp-server-git', {
    name: 'Git',
    description: 'Read, search and change a Git repository of the site',
    icon: 'git-branch',
    category: 'development',
    documentation: `${reference}/git`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the template
    args: ['--repository', '${REPOSITORY}'],
    env: [required('REPOSITORY', 'The repository, as an absolute path at the site')],
  }),
  pypi('time', 'mcp-server-time', {
    name: 'Time',
    description: 'The current time, and conversion between time zones',
    icon: 'clock',
    category: 'utilities',
    documentation: `${reference}/time`,
    env: [optional('LOCAL_TIMEZONE', 'IANA time zone that counts as local, such as Europe/Berlin')],
  }),
  npm('github', '@modelcontextprotocol/server-github', {
    name: 'GitHub',
    description: 'GitHub repository access and management',
    icon: 'github',
    category: 'development',
    documentation: 'https://github.com/modelcontextprotocol/servers-archived/tree/main/src/github',
    env: [required('GITHUB_TOKEN', 'GitHub Personal Access Token')],
    variables: { GITHUB_TOKEN: 'GITHUB_PERSONAL_ACCESS_TOKEN' },
  }),
  npm('gitlab', '@zereight/mcp-gitlab', {
    name: 'GitLab',
    description: 'GitLab projects, merge requests, issues and pipelines',
    icon: 'gitlab',
    category: 'development',
    documentation: 'https://github.com/zereight/gitlab-mcp',
    env: [
      required('GITLAB_PERSONAL_ACCESS_TOKEN', 'GitLab personal access token'),
      optional('GITLAB_API_URL', 'API of your own GitLab, such as https://gitlab.example.com/api/v4'),
    ],
  }),
  npm('sentry', '@sentry/mcp-server', {
    name: 'Sentry',
    description: 'Issues, events and traces of Sentry',
    icon: 'bug',
    category: 'monitoring',
    documentation: 'https://github.com/getsentry/sentry-mcp',
    env: [
      required('SENTRY_ACCESS_TOKEN', 'Sentry user auth token'),
      optional('SENTRY_HOST', 'Host of your own Sentry, such as sentry.example.com'),
    ],
  }),
  npm('playwright', '@playwright/mcp', {
    name: 'Playwright',
    description: 'Drive a headless browser through its accessibility tree',
    icon: 'theater',
    category: 'web',
    documentation: 'https://github.com/microsoft/playwright-mcp',
    args: ['--headless'],
  }),
  npm('chrome-devtools', 'chrome-devtools-mcp', {
    name: 'Chrome DevTools',
    description: 'Inspect, debug and measure pages in a headless Chrome',
    icon: 'chrome',
    category: 'development',
    documentation: 'https://github.com/ChromeDevTools/chrome-devtools-mcp',
    args: ['--headless', '--no-usage-statistics'],
  }),
  npm('context7', '@upstash/context7-mcp', {
    name: 'Context7',
    description: 'Up-to-date documentation and code examples of libraries',
    icon: 'book-open',
    category: 'development',
    documentation: 'https://github.com/upstash/context7',
    env: [optional('CONTEXT7_API_KEY', 'Context7 API key, for higher limits')],
  }),
  npm('figma', 'figma-developer-mcp', {
    name: 'Figma',
    description: 'Layout and style of Figma designs, for turning them into code',
    icon: 'figma',
    category: 'design',
    documentation: 'https://github.com/GLips/Figma-Context-MCP',
    args: ['--stdio'],
    env: [required('FIGMA_API_KEY', 'Figma personal access token')],
  }),
  npm('brave-search', '@brave/brave-search-mcp-server', {
    name: 'Brave Search',
    description: 'Search the web, news, images and places with Brave',
    icon: 'search',
    category: 'search',
    documentation: 'https://github.com/brave/brave-search-mcp-server',
    env: [required('BRAVE_API_KEY', 'Brave Search API key')],
  }),
  npm('tavily', 'tavily-mcp', {
    name: 'Tavily',
    description: 'Search, extract and crawl the web with Tavily',
    icon: 'search',
    category: 'search',
    documentation: 'https://github.com/tavily-ai/tavily-mcp',
    env: [required('TAVILY_API_KEY', 'Tavily API key')],
  }),
  npm('exa', 'exa-mcp-server', {
    name: 'Exa',
    description: 'Search the web and fetch what was found with Exa',
    icon: 'search',
    category: 'search',
    documentation: 'https://github.com/exa-labs/exa-mcp-server',
    env: [required('EXA_API_KEY', 'Exa API key')],
  }),
  npm('firecrawl', 'firecrawl-mcp', {
    name: 'Firecrawl',
    description: 'Scrape, crawl and extract structured data from websites',
    icon: 'flame',
    category: 'web',
    documentation: 'https://github.com/mendableai/firecrawl-mcp-server',
    env: [required('FIRECRAWL_API_KEY', 'Firecrawl API key')],
  }),
  npm('apify', '@apify/actors-mcp-server', {
    name: 'Apify',
    description: 'Run Apify Actors: ready-made scrapers and automations',
    icon: 'bot',
    category: 'web',
    documentation: 'https://github.com/apify/actors-mcp-server',
    env: [required('APIFY_TOKEN', 'Apify API token')],
  }),
  npm('notion', '@notionhq/notion-mcp-server', {
    name: 'Notion',
    description: 'Pages, databases and comments of a Notion workspace',
    icon: 'notebook',
    category: 'productivity',
    documentation: 'https://github.com/makenotion/notion-mcp-server',
    env: [required('NOTION_TOKEN', 'Secret of a Notion internal integration')],
  }),
  pypi('atlassian', 'mcp-atlassian', {
    name: 'Atlassian',
    description: 'Jira issues and Confluence pages',
    icon: 'kanban',
    category: 'productivity',
    documentation: 'https://github.com/sooperset/mcp-atlassian',
    env: [
      optional('JIRA_URL', 'Jira, such as https://example.atlassian.net'),
      optional('JIRA_USERNAME', 'E-mail address of the Jira account'),
      optional('JIRA_API_TOKEN', 'API token of the Jira account'),
      optional('CONFLUENCE_URL', 'Confluence, such as https://example.atlassian.net/wiki'),
      optional('CONFLUENCE_USERNAME', 'E-mail address of the Confluence account'),
      optional('CONFLUENCE_API_TOKEN', 'API token of the Confluence account'),
    ],
  }),
  npm('slack', 'slack-mcp-server', {
    name: 'Slack',
    description: 'Channels, threads and search of a Slack workspace',
    icon: 'slack',
    category: 'communication',
    documentation: 'https://github.com/korotovsky/slack-mcp-server',
    args: ['--transport', 'stdio'],
    env: [required('SLACK_MCP_XOXP_TOKEN', 'Slack user OAuth token (xoxp-…)')],
  }),
  pypi('elevenlabs', 'elevenlabs-mcp', {
    name: 'ElevenLabs',
    description: 'Speech from text, transcripts from speech',
    icon: 'audio-lines',
    category: 'media',
    documentation: 'https://github.com/elevenlabs/elevenlabs-mcp',
    env: [required('ELEVENLABS_API_KEY', 'ElevenLabs API key')],
  }),
  pypi('postgres', 'postgres-mcp', {
    name: 'PostgreSQL',
    description: 'Query and analyse a PostgreSQL database, read-only',
    icon: 'database',
    category: 'database',
    documentation: 'https://github.com/crystaldba/postgres-mcp',
    args: ['--access-mode=restricted'],
    env: [required('DATABASE_URI', 'Connection string: postgresql://user:password@host:5432/database')],
  }),
  npm('mongodb', 'mongodb-mcp-server', {
    name: 'MongoDB',
    description: 'Query a MongoDB database, read-only',
    icon: 'database',
    category: 'database',
    documentation: 'https://github.com/mongodb-js/mongodb-mcp-server',
    args: ['--readOnly'],
    env: [required('MDB_MCP_CONNECTION_STRING', 'Connection string: mongodb://user:password@host:27017/database')],
  }),
  pypi('redis', 'redis-mcp-server', {
    name: 'Redis',
    description: 'Read and write the data of a Redis server',
    icon: 'database',
    category: 'database',
    documentation: 'https://github.com/redis/mcp-redis',
    env: [
      required('REDIS_HOST', 'Host name of the Redis server'),
      optional('REDIS_PORT', 'Its port; 6379 by default'),
      optional('REDIS_PWD', 'Its password'),
    ],
  }),
  pypi('clickhouse', 'mcp-clickhouse', {
    name: 'ClickHouse',
    description: 'Query a ClickHouse cluster',
    icon: 'database',
    category: 'database',
    documentation: 'https://github.com/ClickHouse/mcp-clickhouse',
    env: [
      required('CLICKHOUSE_HOST', 'Host name of the ClickHouse server'),
      required('CLICKHOUSE_USER', 'User name'),
      required('CLICKHOUSE_PASSWORD', 'Password'),
      optional('CLICKHOUSE_PORT', 'Port of its HTTP interface; 8443 by default'),
    ],
  }),
  pypi('qdrant', 'mcp-server-qdrant', {
    name: 'Qdrant',
    description: 'Semantic memory in a Qdrant vector database',
    icon: 'database',
    category: 'database',
    documentation: 'https://github.com/qdrant/mcp-server-qdrant',
    env: [
      required('QDRANT_URL', 'URL of the Qdrant server'),
      required('COLLECTION_NAME', 'The collection to use'),
      optional('QDRANT_API_KEY', 'API key of the Qdrant server'),
    ],
  }),
  npm('kubernetes', 'kubernetes-mcp-server', {
    name: 'Kubernetes',
    description: 'Look into a Kubernetes or OpenShift cluster, read-only',
    icon: 'ship-wheel',
    category: 'infrastructure',
    documentation: 'https://github.com/containers/kubernetes-mcp-server',
    args: ['--read-only'],
    env: [required('KUBECONFIG', 'The kubeconfig file, as an absolute path at the site')],
  }),
  pypi('aws-documentation', 'awslabs.aws-documentation-mcp-server', {
    name: 'AWS Documentation',
    description: 'Search and read the documentation of AWS',
    icon: 'cloud',
    category: 'infrastructure',
    documentation: 'https://github.com/awslabs/mcp/tree/main/src/aws-documentation-mcp-server',
    env: [optional('AWS_DOCUMENTATION_PARTITION', 'aws (default) or aws-cn')],
  }),
  pypi('arxiv', 'arxiv-mcp-server', {
    name: 'arXiv',
    description: 'Search, download and read papers of arXiv',
    icon: 'graduation-cap',
    category: 'research',
    documentation: 'https://github.com/blazickjp/arxiv-mcp-server',
  }),
];
