import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { pythonPath, schemathesisFolder } from '../../deploy/local/parts.mjs';
import { part } from '../parts.js';
import { ADMIN_KEY, everything, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { rounds } from './seed.js';

const servers = ['first', 'second'];
/** Names of things that exist, by the path parameter that they stand for in each API's document. */
const known: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  automation: { server_name: servers },
  infrastructure: {},
  portal: { id: servers },
  connect: { id: servers, name: ['echo', 'get-sum'], toolName: ['echo'] },
  backend: { entity_type: ['mcp_server'], entity_id: servers },
};
/** `npm run test:faults` asks all operations. Every other run asks a third of them, as each takes a quarter of a second to prepare. */
const isFull = Boolean(process.env.ROUNDHOUSE_TEST_FAULT_ROUNDS);
/** The day of the run, unless it is given. It also chooses the third, so three days ask all operations. */
const seed = Number(process.env.ROUNDHOUSE_TEST_FAULT_SEED || Math.floor(Date.now() / 86_400_000));

/** Query parameters that make an answer one without an end. */
const endless = ['follow', 'stream'];

interface Parameter {
  readonly in: string;
  readonly name: string;
  schema: unknown;
}

/** Writes the document of the operations that this run asks. A name in it is anything, or one of those that exist. @returns its path */
function withNames(folder: string, api: string, names: Readonly<Record<string, readonly string[]>>): string {
  const document = JSON.parse(readFileSync(new URL(`../../proto/openapi/${api}.json`, import.meta.url), 'utf8'));
  let count = 0;
  for (const operations of Object.values<Record<string, { parameters?: Parameter[] }>>(document.paths))
    for (const [method, operation] of Object.entries(operations)) {
      count += 1;
      if (!isFull && (count + seed) % 3 !== 0) {
        delete operations[method];
        continue;
      }
      operation.parameters = (operation.parameters ?? []).filter(({ name }) => !endless.includes(name));
      for (const parameter of operation.parameters)
        if (parameter.in === 'path' && names[parameter.name])
          parameter.schema = { anyOf: [{ enum: names[parameter.name] }, parameter.schema] };
    }
  const path = join(folder, `${api}.json`);
  writeFileSync(path, JSON.stringify(document));
  return path;
}

const configuration = `
hooks = "hooks.py"
# The server, device or cluster that is asked for may be out of reach: the documents have a status for that.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 501, 502, 503, 504]
`;

/** The socket layer answers 505 to a request line that arrives in several pieces. One of 64 KiB always does. */
const hooks = `
import schemathesis
from urllib.parse import urlencode

@schemathesis.hook
def filter_case(context, case):
    return len(urlencode(case.query or {}, doseq=True)) < 30_000
`;

/** Sends an API requests that its document allows, and requests that it forbids. @returns the exit code and the report */
async function ask(folder: string, document: string, url: string): Promise<[number | null, string]> {
  writeFileSync(join(folder, 'schemathesis.toml'), configuration);
  writeFileSync(join(folder, 'hooks.py'), hooks);
  const options = {
    url,
    header: `Authorization: Bearer ${ADMIN_KEY}`,
    checks: 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
    phases: 'fuzzing',
    // For each operation.
    'max-examples': isFull ? Math.ceil(rounds / 10) : 1,
    seed,
    'suppress-health-check': 'all',
    'generation-database': 'none',
    // Streams that never end.
    'exclude-path-regex': '/stream$|/sse/',
    warnings: 'off',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const flags = ['--continue-on-failure', '--no-color', '--no-shrink'];
  const env = { ...process.env, PYTHONPATH: schemathesisFolder, PYTHONDONTWRITEBYTECODE: '1' };
  const command = ['-m', 'schemathesis.cli', 'run', document, ...args, ...flags];
  const child = spawn(pythonPath, command, { cwd: folder, env });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return [code, `${output}${errors}`];
}

t.test('each API answers any request as its document says, and never with a 500', async (t) => {
  if (!part(t, 'schemathesis')) return;
  const [hub, folder] = [await startHub(t), tempFolder(t)];
  const policy = join(folder, 'policy.yaml');
  // Generated requests start no other program, and leave the machine alone.
  const rules = {
    commands: [`${process.execPath} ${everything}`],
    urls: ['http://127.0.0.1:*/**'],
    images: { deny: ['**'] },
  };
  writeFileSync(policy, JSON.stringify(rules));
  await startAgent(t, hub, 'local', ['--policy', policy]);
  for (const name of servers)
    await hub.connectServer({ name, transport: { type: 'stdio', command: process.execPath, args: [everything] } });
  for (const [api, names] of Object.entries(known)) {
    const [code, report] = await ask(folder, withNames(folder, api, names), `${hub.url}/${api}`);
    t.equal(code, 0, `${api}, seed ${seed}:\n${report}`);
    t.match(report, /^ {2}\d+ generated, \d+ passed$/m);
  }
  t.same(
    hub.log.filter(({ severity_text }) => severity_text === 'ERROR').map(({ body, err }) => ({ body, err })),
    [],
    'nothing is logged as an error',
  );
});
