import { readFile } from 'node:fs/promises';
import { packageFolder, version } from '../host/package.js';
import type { FileRequest, PublicFile } from '../http/answer/files.js';
import type { Api } from '../http/api.js';
import { openApiOf } from '../http/openapi/openapi.js';

/** Only the hub itself gets requests, and only its own files run. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Files of Swagger UI as the bundler puts them into the hub's folder, compressed. */
const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
};

/** Served at `/`, `/docs` and `/docs/NAME`: a description of the hub, and a reference of all APIs from which a reader can send requests. */
export class Documentation {
  readonly #describe: () => readonly Api[];
  #described: readonly Api[] | undefined;
  readonly #documents = new Map<string, Buffer>();

  /** @param describe gives the APIs for their descriptions; called when the first reader comes */
  constructor(describe: () => readonly Api[]) {
    this.#describe = describe;
  }

  get #apis(): readonly Api[] {
    this.#described ??= this.#describe();
    return this.#described;
  }

  /** The page at `/`: HTML for a browser, else JSON. */
  home({ accept }: FileRequest): PublicFile {
    if (accept.includes('text/html')) return page(home);
    const text = JSON.stringify({ name: 'Roundhouse', version, docs: '/docs', mcp: '/mcp', health: '/health' });
    return { contentType: 'application/json', bytes: Buffer.from(`${text}\n`) };
  }

  /** @returns undefined where there is no such file */
  async file({ name }: FileRequest): Promise<PublicFile | undefined> {
    if (name === '') return page(reference);
    if (name === 'start.js') return { contentType: 'text/javascript; charset=utf-8', bytes: this.#script() };
    const contentType = assets[name];
    if (contentType === undefined) return this.#document(name);
    const bytes = await readFile(new URL(`bundle/docs/${name}.gz`, packageFolder));
    return { contentType, bytes, headers: { 'Content-Encoding': 'gzip', 'Cache-Control': 'max-age=3600' } };
  }

  #document(name: string): PublicFile | undefined {
    const api = this.#apis.find((one) => `${one.name}.json` === name);
    if (!api) return undefined;
    const bytes = this.#documents.get(name) ?? Buffer.from(JSON.stringify(openApiOf(api), withoutPatterns));
    this.#documents.set(name, bytes);
    return { contentType: 'application/json', bytes };
  }

  #script(): Buffer {
    const urls = this.#apis.map(({ name, title }) => ({ name: title, url: `docs/${name}.json` }));
    return Buffer.from(`window.ui = SwaggerUIBundle({
  dom_id: '#reference',
  urls: ${JSON.stringify(urls)},
  'urls.primaryName': new URLSearchParams(location.search).get('urls.primaryName') ?? 'MCP Connect',
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
  deepLinking: true,
  docExpansion: 'list',
  filter: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`);
  }
}

/** Swagger UI fills its examples of answers with random characters that fit a pattern. The descriptions say the same in words. */
const withoutPatterns = (key: string, value: unknown) =>
  key === 'pattern' && typeof value === 'string' ? undefined : value;

function page(html: string): PublicFile {
  const headers = {
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
    'Cache-Control': 'no-cache',
  };
  return { contentType: 'text/html; charset=utf-8', bytes: Buffer.from(html), headers };
}

const head = (title: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
`;

const home = `${head('Roundhouse')}<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark; }
  code { font-size: 0.95em; }
</style>
<h1>Roundhouse ${version}</h1>
<p>This hub runs MCP servers, Docker hosts, Kubernetes clusters and network devices at many sites.</p>
<ul>
  <li><a href="docs">API reference</a>: all endpoints, and requests to try</li>
  <li><code>/mcp</code>: the address for MCP clients, such as Claude, Cursor and VS Code</li>
  <li><a href="health">Health</a></li>
</ul>
<p>Requests need an API key: <code>Authorization: Bearer KEY</code>. The first key is in the file <code>first-key</code> of the hub's data folder.</p>
</html>
`;

const reference = `${head('Roundhouse API reference')}<link rel="stylesheet" href="docs/swagger-ui.css">
<style>
  body { margin: 0; }
  .swagger-ui .topbar .link svg { display: none; }
  .swagger-ui .topbar .link::before { content: 'Roundhouse'; }
  /* No answer has links, and their column is too wide for a telephone. */
  .swagger-ui .response-col_links { display: none; }
</style>
<main id="reference"></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/swagger-ui-standalone-preset.js"></script>
<script src="docs/start.js"></script>
</html>
`;
