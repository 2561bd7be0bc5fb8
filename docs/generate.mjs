// Writes the reference of the manual into docs/reference. Run by `npm run generate:docs`; CI fails where the result differs.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { load } from '../agent/bin/load.mjs';
import { build } from '../deploy/local/prepare.mjs';
import { failures as texts } from './failures.mjs';

/**
 * @typedef {object} Parameter
 * @property {string} name @property {string} in @property {boolean} required @property {string} description
 * @property {{ readonly default?: unknown }} schema
 */
/**
 * @typedef {object} Operation
 * @property {string} summary @property {string} description @property {readonly string[]} tags
 * @property {readonly Parameter[]} [parameters] @property {string} [x-permission]
 * @property {{ readonly content: { readonly 'application/json': { readonly example: unknown } } }} [requestBody]
 */
/** @typedef {{ readonly info: { readonly title: string }, readonly paths: Record<string, Record<string, Operation>> }} Document */

/** @typedef {{ readonly value: string, readonly help: string, readonly more?: string, readonly fallback?: string, readonly otherwise?: string }} Setting */

await build();
/** @param {string} name */
const bundleOf = (name) => load(fileURLToPath(new URL(`../${name}/bundle/${name}.cjs`, import.meta.url)));
const { openApiDocuments, reference } = bundleOf('hub');
/** @type {Map<string, Document>} */
const documents = await openApiDocuments();
/** @type {{ permissions: Record<string, string>, failures: { code: string, answers: { api: string, status: number, code: string }[] }[], settings: Record<string, Setting> }} */
const { permissions, failures, settings } = await reference();
/** @type {Record<string, Setting>} */
const agentSettings = bundleOf('agent').settings;

/** @type {Readonly<Record<string, string>>} */
const titles = {
  automation: 'Automation',
  infrastructure: 'MCP Server',
  portal: 'Portal',
  connect: 'Connect',
  backend: 'Backend',
};
const NOTE = '<!-- `npm run generate` writes this file. -->';

/** @param {readonly (readonly string[])[]} rows the first one is the head */
function table([head = [], ...rows]) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** The levels of a logger's functions, as a line has them. @type {Readonly<Record<string, string>>} */
const severities = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' };

/** The words of a message; `…` for the parts that differ from line to line. @param {ts.Node | undefined} node @returns {string} */
function wordsOf(node) {
  if (node && ts.isStringLiteralLike(node)) return node.text;
  if (node && ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  return '…';
}

/**
 * The events that a program logs: the calls in its sources whose first argument names one.
 * @param {string} program its folder @returns {Promise<Map<string, { severities: Set<string>, messages: Set<string> }>>}
 */
async function eventsOf(program) {
  const found = new Map();
  const root = new URL(`../${program}/`, import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter((file) =>
    /^(?!dist\/|node_modules\/).*\.ts$/.test(file),
  );
  for (const file of files.sort()) {
    const source = ts.createSourceFile(file, await readFile(new URL(file, root), 'utf8'), ts.ScriptTarget.Latest, true);
    /** @param {ts.Node} node */
    const look = (node) => {
      ts.forEachChild(node, look);
      if (!ts.isPropertyAssignment(node) || node.name.getText() !== 'event' || !ts.isStringLiteral(node.initializer))
        return;
      const facts = node.parent;
      const call = facts.parent;
      const body = facts.properties.find((property) => property.name?.getText() === 'body');
      const isCall = ts.isCallExpression(call) && /log|reasons|refusals/i.test(call.expression.getText());
      if (!isCall && !body) return;
      const entry = found.get(node.initializer.text) ?? { severities: new Set(), messages: new Set() };
      found.set(node.initializer.text, entry);
      const method = isCall && ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : '';
      entry.severities.add(severities[method] ?? 'DEBUG or higher');
      const message = body && ts.isPropertyAssignment(body) ? body.initializer : isCall && call.arguments[1];
      entry.messages.add(wordsOf(message || undefined));
    };
    look(source);
  }
  return new Map([...found].sort(([a], [b]) => a.localeCompare(b)));
}

/** @param {string} program */
async function eventTable(program) {
  const rows = [...(await eventsOf(program))].map(([name, { severities, messages }]) => [
    `\`${name}\``,
    [...severities].join(', '),
    cell([...messages].join('; ')),
  ]);
  return table([['Event', 'Severity', 'Message'], ...rows]);
}

const anchorOf = (/** @type {string} */ title) => title.toLowerCase().replaceAll(' ', '-');
const cell = (/** @type {string} */ text) => text.replaceAll('|', '\\|');

/** @param {Parameter} parameter @returns {string[]} */
function rowOf({ name, in: place, required, description, schema }) {
  const fallback = schema.default === undefined ? '' : `\`${schema.default}\``;
  return [`\`${name}\``, place, required ? 'yes' : '', fallback, cell(description)];
}

/** @param {string | undefined} permission */
function who(permission) {
  if (permission === undefined) return 'No credential is needed.';
  if (permission === 'authenticated') return 'Any credential.';
  return `Permission \`${permission}\`: role ${permissions[permission]}.`;
}

/** @param {string} path @param {string} method @param {Operation} operation */
function operationText(path, method, { summary, description, parameters = [], requestBody, ...rest }) {
  const isFilter = (/** @type {Parameter} */ { name }) => name.endsWith(']');
  const plain = parameters.filter((parameter) => !isFilter(parameter));
  const filtered = [...new Set(parameters.filter(isFilter).map(({ name }) => `\`${name.replace(/\[.*/, '')}\``))];
  const example = requestBody?.content['application/json'].example;
  return [
    `### ${summary}`,
    `\`${method.toUpperCase()} ${path}\``,
    `${description} ${who(rest['x-permission'])}`,
    ...(plain.length > 0 ? [table([['Parameter', 'In', 'Required', 'Default', 'Meaning'], ...plain.map(rowOf)])] : []),
    ...(filtered.length > 0
      ? [`These parameters also take the [operators of filters](#filters): ${filtered.join(', ')}.`]
      : []),
    ...(example === undefined ? [] : ['Example of a body:', `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``]),
  ];
}

/** @param {string} name @param {Document} document */
function apiText(name, { info, paths }) {
  const base = name === 'mcp' ? '' : `/${name}`;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => operationText(base + path, method, operation)),
  );
  return [`## ${info.title}`, ...operations];
}

const filters = [
  '## Filters',
  'Lists of the MCP Server API can be filtered by each of their fields: `status=connected`. An operator stands in brackets behind the field: `created_at[gte]=2026-01-01`.',
  table([
    ['Operator', 'Meaning'],
    ['`eq`, `ne`', 'equal, not equal'],
    ['`gt`, `lt`', 'greater or later, less or earlier'],
    ['`gte`, `lte`', 'the same, or equal'],
    ['`in`, `nin`', 'one of, none of a comma-separated list'],
    ['`regex`', 'a regular expression of RE2 matches somewhere, at most 256 characters'],
  ]),
];

const commandLine = load(fileURLToPath(new URL('../hub/bundle/cli.cjs', import.meta.url)));
const programFile = fileURLToPath(new URL('../deploy/cli/roundhouse.mjs', import.meta.url));
/** The commands that other programs run. */
const otherPrograms = ['up', 'hub', 'hubs status', 'hubs init', 'hubs export', 'restore', 'agent run'];

/** A program of the command line: its name for readers, and the words that call it. */
const roundhouse = { name: 'roundhouse', call: /** @type {string[]} */ ([]) };
const dockerMcp = { name: 'docker mcp', call: ['docker-mcp', 'mcp'] };

/** The help of a command, as the program prints it. @param {readonly string[]} words @param {typeof roundhouse} program @returns {Promise<string>} */
async function helpOf(words, { name, call } = roundhouse) {
  if (name === 'roundhouse' && otherPrograms.includes(words.join(' ')))
    return (await promisify(execFile)(process.execPath, [programFile, ...words, '--help'])).stdout;
  let text = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  await commandLine.run([...call, ...words, '--help'], {
    stdout,
    stderr: stdout,
    stdin: process.stdin,
    env: {},
    home: '/',
  });
  return text;
}

/** The options that nearly all commands have are told once. @param {string} help */
function withoutCommon(help) {
  return help.trimEnd().replaceAll(/\n\n(?:Which hub|Form of the result):(?:\n[^\n]+)+/g, '');
}

/** These options, from the help of a command that has them. @returns {Promise<string>} */
async function commonOptions() {
  const help = await helpOf(['site', 'list']);
  return [...help.matchAll(/^(?:Which hub|Form of the result):(?:\n[^\n]+)+/gm)].map(([group]) => group).join('\n\n');
}

/**
 * The section of a command, and those of the commands below it.
 * @param {typeof roundhouse} program @param {readonly string[]} words @param {any} entry of its table @returns {Promise<string[]>}
 */
async function commandText(program, words, { commands = [] }) {
  const below = [];
  for (const command of commands) below.push(...(await commandText(program, [...words, command.name], command)));
  const help = withoutCommon(await helpOf(words, program));
  if (words.length > 0 && below.length === 0 && !/^Example:\n {2}\S/m.test(help))
    throw new Error(`the help of '${program.name} ${words.join(' ')}' has no example`);
  return [`## ${[program.name, ...words].join(' ')}`, `\`\`\`text\n${help}\n\`\`\``, ...below];
}

/** The sections of all commands of a program. @param {typeof roundhouse} program @param {readonly any[]} table @returns {Promise<string[]>} */
async function commandTexts(program, table) {
  const sections = await commandText(program, [], {});
  for (const entry of table) sections.push(...(await commandText(program, [entry.name], entry)));
  return sections;
}

/** The page of a failure. @param {(typeof failures)[number]} failure @returns {string[]} */
function failurePage({ code, answers }) {
  const text = texts[code];
  if (!text) throw new Error(`docs/failures.mjs has no text for '${code}'`);
  return [
    `# ${code}`,
    NOTE,
    `${text.meaning}.`,
    '## What to do',
    `${text.advice}.`,
    '## Send it again?',
    `${text.again}.`,
    '## Its form in each API',
    table([
      ['API', 'Status', 'Code'],
      ...answers.map(({ api, status, code }) => [titles[api] ?? api, `${status}`, `\`${code}\``]),
    ]),
    '[All errors](../errors.md) · [Where the code and the message are](../../troubleshooting.md)',
  ];
}

/** @param {string} name @param {Setting} setting @returns {string[]} */
function settingRow(name, { value, help, more, fallback, otherwise }) {
  // In the help text it follows the flag.
  const meaning = [help.charAt(0).toUpperCase() + help.slice(1), ...(more ? [more] : [])].join('. ');
  return [`\`${name}\``, value, meaning, otherwise ?? (fallback ? `\`${fallback}\`` : '')];
}

/** @param {Record<string, Setting>} all @param {(name: string) => string} written how a reader writes the setting's name */
function settingTable(all, written) {
  const rows = Object.entries(all).map(([name, setting]) => settingRow(written(name), setting));
  return table([['Setting', 'Value', 'Meaning', 'Default'], ...rows]);
}

/** @type {Readonly<Record<string, readonly string[]>>} */
const pages = {
  api: [
    '# API reference',
    NOTE,
    'Every endpoint of every API. The paths begin with the base of their API. `/docs` on your hub shows the same with the forms of all answers, and sends requests. A role includes the roles below it: admin, operator, user, viewer.',
    [...documents.values()].map(({ info }) => `- [${info.title}](#${anchorOf(info.title)})`).join('\n'),
    ...[...documents].flatMap(([name, document]) => apiText(name, document)),
    ...filters,
  ],
  cli: [
    '# Command line',
    NOTE,
    'In a clone, write `npx roundhouse` for `roundhouse`. Results go to standard output, messages to standard error.',
    "An option wins over an environment variable, and a variable over the current context. `--context NAME` wins over the variables. `ROUNDHOUSE_URL` names the hub, `ROUNDHOUSE_API_KEY` holds the key, and `ROUNDHOUSE_CONTEXT` names a context. A context's key goes to the hub of that context only. `ROUNDHOUSE_CONTEXTS` names the file of the contexts; the default is `roundhouse/contexts.json` in the user's configuration folder. `ROUNDHOUSE_REGISTRY` names the MCP registry, or a mirror of it, that `roundhouse registry` asks.",
    'A table is for people and may change. `--json` and `--yaml` give programs the same result, and `--quiet` gives the ids or names. Colours and progress lines are for terminals only; `NO_COLOR=1` turns colours off.',
    table([
      ['Exit code', 'Meaning'],
      ...Object.values(commandLine.exitCodes).map(([code, meaning]) => [`${code}`, meaning]),
    ]),
    'Every command that talks to a hub has these options besides its own, and every command with a result has those of the second group:',
    `\`\`\`text\n${await commonOptions()}\n\`\`\``,
    ...(await commandTexts(roundhouse, commandLine.table)),
    ...(await commandTexts(dockerMcp, await commandLine.dockerMcpTable())),
  ],
  '../operate/logs': [
    '# Logs',
    NOTE,
    'Hub and agent write their logs to standard error: one line of JSON for each event, or text if standard error is a terminal. `ROUNDHOUSE_LOG_LEVEL` and `--log-level` set the least severity. The hub keeps its lines in files of its data folder as well, and `GET /automation/api/v1/logs` searches the lines of the hub and of all agents.',
    "The fields have the meaning of OpenTelemetry's log data model, so that a collector takes the lines with a few rules:",
    table([
      ['Field', 'In the data model', 'Meaning'],
      ['`timestamp`', 'Timestamp', 'ISO 8601, UTC'],
      [
        '`severity_text`, `severity_number`',
        'SeverityText, SeverityNumber',
        '`DEBUG` 5, `INFO` 9, `WARN` 13, `ERROR` 17',
      ],
      ['`event`', 'EventName', 'the name of the event, from the tables below'],
      ['`body`', 'Body', 'the message, for people'],
      ['`trace_id`, `span_id`', 'TraceId, SpanId', 'the place in a [recorded trace](traces.md)'],
      ['any other', 'Attributes', 'facts, such as `agent`, `site`, `server` or `err`'],
    ]),
    'The name of an event stays when its message changes. So look for names, not for messages.',
    '## Events of the hub',
    await eventTable('hub'),
    '## Events of an agent',
    await eventTable('agent'),
  ],
  errors: [
    '# Errors',
    NOTE,
    "Roundhouse has one word for each failure. Each API prints it as a status and a code of its own. Find the code of your API in the table. Roundhouse's word leads to a page: what the failure means, and what to do. [Troubleshooting](../troubleshooting.md) tells where a failure's code and message are.",
    table([
      ['Failure', ...(failures[0]?.answers ?? []).map(({ api }) => titles[api] ?? api)],
      ...failures.map(({ code, answers }) => [
        // The anchor is that of older links to this page.
        `<a id="${code}"></a>[\`${code}\`](errors/${code}.md)`,
        ...answers.map((answer) => `${answer.status} \`${answer.code}\``),
      ]),
    ]),
    "A failure of a device or cluster may have another status in the MCP Server API: 504 for a time-out, 409 for a conflict, 403 and 502 for a cluster's own refusal and failure.",
  ],
  ...Object.fromEntries(failures.map((failure) => [`errors/${failure.code}`, failurePage(failure)])),
  settings: [
    '# Settings',
    NOTE,
    'A list has commas between its entries. Each setting can be given in three places. A flag wins over the environment, and the environment wins over the file:',
    table([
      ['Place', 'Form', 'Example'],
      ['Flag', 'lower case, with dashes, without the prefix', '`--agent-listen 0.0.0.0:8443`'],
      ['Environment', 'upper case, with the prefix', '`ROUNDHOUSE_AGENT_LISTEN=0.0.0.0:8443`'],
      ['YAML file (`--config FILE`)', 'lower case, without the prefix', '`agent_listen: 0.0.0.0:8443`'],
    ]),
    '## Settings of the hub',
    '`roundhouse hub` and `roundhouse up` take them.',
    settingTable(settings, (name) => `ROUNDHOUSE_${name.toUpperCase()}`),
    '## Settings of an agent',
    "An agent has settings of its own and never reads the hub's. In the environment they have the prefix `ROUNDHOUSE_AGENT_`: `--log-limit` is `ROUNDHOUSE_AGENT_LOG_LIMIT`.",
    settingTable(agentSettings, (name) => `--${name.replaceAll('_', '-')}`),
    'The [site policy](../operate/policy.md) is a file of its own.',
  ],
};

const folder = new URL('reference/', import.meta.url);
await rm(new URL('errors/', folder), { recursive: true, force: true });
await mkdir(new URL('errors/', folder), { recursive: true });
for (const [name, schema] of Object.entries({ fleet: commandLine.fleetSchema, workflow: commandLine.workflowSchema }))
  await writeFile(new URL(`${name}.schema.json`, folder), `${JSON.stringify(await schema(), null, 2)}\n`);
for (const [name, parts] of Object.entries(pages))
  await writeFile(new URL(`${name}.md`, folder), `${parts.join('\n\n')}\n`);
