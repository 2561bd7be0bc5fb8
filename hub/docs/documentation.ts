import { readFile } from 'node:fs/promises';
import { packageFolder, version } from '../host/package.js';
import { type FileRequest, htmlPage, type PublicFile } from '../http/answer/files.js';
import type { Api } from '../http/api.js';
import { openApiOf } from '../http/openapi/openapi.js';

/** The script of the reference puts its styles into the page, and contains its fonts as data. */
const policy = { 'style-src': "'self' 'unsafe-inline'", 'font-src': "'self' data:" };

/** The script of the reference, compressed. The bundler puts it into the hub's folder. */
const program = 'scalar.js';
const script = 'text/javascript; charset=utf-8';

/** Served at `/`, `/docs` and `/docs/NAME`: a description of the hub, and a reference of all APIs from which a reader can send requests. */
export class Documentation {
  readonly #describe: () => readonly Api[];
  #described: readonly Api[] | undefined;
  readonly #documents = new Map<string, Buffer>();

  /** @param describe gives the APIs for their descriptions; it is called for the first reader */
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
    const text = JSON.stringify({
      name: 'Roundhouse',
      version,
      docs: '/docs',
      console: '/console/',
      mcp: '/mcp',
      health: '/health',
    });
    return { contentType: 'application/json', bytes: Buffer.from(`${text}\n`) };
  }

  /** @returns undefined if there is no such file */
  async file({ name }: FileRequest): Promise<PublicFile | undefined> {
    if (name === '') return page(reference);
    if (name === 'start.js') return { contentType: script, bytes: this.#script() };
    if (name !== program) return this.#document(name);
    const bytes = await readFile(new URL(`bundle/docs/${name}.gz`, packageFolder));
    return { contentType: script, bytes, headers: { 'Content-Encoding': 'gzip', 'Cache-Control': 'max-age=3600' } };
  }

  #document(name: string): PublicFile | undefined {
    const api = this.#apis.find((one) => `${one.name}.json` === name);
    if (!api) return undefined;
    const bytes = this.#documents.get(name) ?? Buffer.from(JSON.stringify(openApiOf(api)));
    this.#documents.set(name, bytes);
    return { contentType: 'application/json', bytes };
  }

  #script(): Buffer {
    const sources = this.#apis.map(({ name, title }) => ({
      slug: name,
      title,
      url: `docs/${name}.json`,
      default: name === 'connect',
    }));
    return Buffer.from(`Scalar.createApiReference('#reference', ${JSON.stringify({ sources, ...settings })});\n`);
  }
}

/** These settings turn off services and fonts of the makers of Scalar. */
const settings = {
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  proxyUrl: '',
  showDeveloperTools: 'never',
  telemetry: false,
  withDefaultFonts: false,
  documentDownloadType: 'direct',
  persistAuth: false,
};

const page = (html: string): PublicFile => htmlPage(Buffer.from(html), policy, { 'Cache-Control': 'no-cache' });

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
  <li><a href="console/">Console</a>: see the fleet, and work on it</li>
  <li><a href="docs">API reference</a>: all endpoints, and requests to try</li>
  <li><code>/mcp</code>: the address for MCP clients, such as Claude, Cursor and VS Code</li>
  <li><a href="health">Health</a></li>
</ul>
<p>Requests need an API key: <code>Authorization: Bearer KEY</code>. The first key is in the file <code>first-key</code> of the hub's data folder.</p>
</html>
`;

const reference = `${head('Roundhouse API reference')}<main id="reference"></main>
<script src="docs/${program}"></script>
<script src="docs/start.js"></script>
</html>
`;
