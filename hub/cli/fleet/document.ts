import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { isVisible, MUST_BE_VISIBLE } from '@roundhouse/proto/text';
import { type Document, isCollection, isScalar, parseAllDocuments, visit } from 'yaml';
import { stepOperations } from '../../api/mcp/operations/table.js';
import { WorkflowName } from '../../api/shared/workflow-definition.js';
import { DomainError } from '../../domain/errors.js';
import { type ArgumentForm, type KindForm, kindForms, type OperationKind } from '../../domain/workflows/kinds.js';
import { type Validator, validator } from '../../http/request/validation.js';
import { strictSchema } from '../../http/schemas.js';
import { CommandError } from '../frame/failures.js';
import type { Terminal } from '../frame/terminal.js';
import { API_VERSION, entries, names, type Section, sections } from './format.js';
import { isObject, withPathsFrom } from './secrets.js';

/** A record of the files. Absent fields have their defaults. */
export interface Entry {
  /** The name. For a webhook it is the address, with a number if several webhooks have this address. */
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The content of the files: the records of each section. */
export type Fleet = ReadonlyMap<Section, readonly Entry[]>;

/** Upper and lower case do not distinguish names. */
export const keyOf = (name: string) => name.toLowerCase();

/**
 * Reads the fleet from files. A file may hold several documents; the sections of all documents are put together.
 * @param files their paths; `-` for standard input
 * @throws CommandError with the path of each mistake
 */
export async function readFleet(files: readonly string[], { stdin }: Pick<Terminal, 'stdin'>): Promise<Fleet> {
  const fleet = new Map<Section, Entry[]>();
  const mistakes: string[] = [];
  for (const file of files) {
    const content = file === '-' ? await textOf(stdin) : await readFile(file, 'utf8');
    const folder = file === '-' ? '.' : dirname(file);
    const shown = file === '-' ? 'standard input' : file;
    const found: string[] = [];
    for (const document of documentsIn(content, found)) readDocument(document, folder, fleet, found);
    mistakes.push(...found.map((mistake) => `${shown}: ${mistake}`));
  }
  if (mistakes.length > 0) throw new CommandError(mistakes.join('\n'));
  return fleet;
}

/** The arguments of a tool are the deepest values, and are less deep. */
const DEEPEST = 100;

/** A large fleet may use an anchor for each server. More aliases of aliases could fill the memory. */
const MOST_ALIASES = 100_000;

function documentsIn(content: string, mistakes: string[]): unknown[] {
  // The library compares each key with all keys before it, which is too slow for a large file.
  const options = { stringKeys: true, merge: true, uniqueKeys: false };
  // A separator at the end of a file makes a document without content.
  const documents = [...parseAllDocuments(content, options)].filter(
    ({ contents, errors }) => errors.length > 0 || !(isScalar(contents) && contents.value === null),
  );
  if (documents.length === 0) mistakes.push('the file is empty');
  const problems = documents.flatMap((document) => {
    const tooDeep = tooDeepIn(document, content);
    // The parser also fails at such a deep value.
    if (tooDeep.length > 0) return tooDeep;
    return [...document.errors.map(({ message }) => message.trimEnd()), ...repeatedKeysIn(document, content)];
  });
  mistakes.push(...problems);
  if (problems.length > 0) return [];
  try {
    return documents.map((document) => document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown);
  } catch (error) {
    // Aliases that refer to each other in a circle, or to no anchor.
    mistakes.push((error as Error).message);
    return [];
  }
}

/** The place where values are nested too deep, as a sentence. */
function tooDeepIn(document: Document.Parsed, content: string): string[] {
  const found: string[] = [];
  visit(document, {
    Collection(_, { range }, path) {
      if (path.filter(isCollection).length < DEEPEST) return undefined;
      found.push(
        `line ${content.slice(0, range?.[0]).split('\n').length}: values are nested more than ${DEEPEST} levels deep`,
      );
      return visit.BREAK;
    },
  });
  return found;
}

/** Sentences about the keys that occur twice in a map of a document. */
function repeatedKeysIn(document: Document.Parsed, content: string): string[] {
  const repeated: string[] = [];
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (known.has(key.value)) {
          const line = content.slice(0, key.range?.[0]).split('\n').length;
          repeated.push(`line ${line}: '${key.value}' is there already`);
        }
        known.add(key.value);
      }
    },
  });
  return repeated;
}

function readDocument(document: unknown, folder: string, fleet: Map<Section, Entry[]>, mistakes: string[]): void {
  if (!isObject(document)) {
    mistakes.push(`expected an object with 'apiVersion: ${API_VERSION}' and sections`);
    return;
  }
  if (document.apiVersion !== API_VERSION) mistakes.push(`apiVersion: must be ${API_VERSION}`);
  for (const [name, section] of Object.entries(document)) {
    if (name === 'apiVersion') continue;
    if (!isSection(name)) mistakes.push(`${name}: is not a known section; known: ${sections.join(', ')}`);
    // In the arguments of a workflow, an object in the form of a reference is just an argument.
    else readSection(name, name === 'workflows' ? section : withPathsFrom(folder, section), fleet, mistakes);
  }
}

const isSection = (name: string): name is Section => Object.hasOwn(entries, name);

function readSection(section: Section, given: unknown, fleet: Map<Section, Entry[]>, mistakes: string[]): void {
  const known = fleet.get(section) ?? [];
  fleet.set(section, known);
  if (section === 'webhooks') {
    if (!Array.isArray(given)) mistakes.push(`${section}: must be a list`);
    else for (const [at, value] of given.entries()) readWebhook(`${section}.${at}`, value, known, mistakes);
    return;
  }
  if (!isObject(given)) {
    mistakes.push(`${section}: must be an object with a member for each name`);
    return;
  }
  const taken = new Set(known.map((other) => keyOf(other.name)));
  for (const [name, value] of Object.entries(given)) {
    const path = `${section}.${name}`;
    const schema = names[section];
    if (schema) check(path, validatorOf(`name of ${section}`, schema), name, mistakes);
    if (!isVisible(name)) mistakes.push(`${path}: ${MUST_BE_VISIBLE}`);
    if (taken.has(keyOf(name))) mistakes.push(`${path}: is there already`);
    taken.add(keyOf(name));
    check(path, validatorOf(section, entries[section]), value, mistakes);
    known.push({ name, value: value as Entry['value'] });
  }
}

function readWebhook(path: string, value: unknown, known: Entry[], mistakes: string[]): void {
  if (!check(path, validatorOf('webhooks', entries.webhooks), value, mistakes)) return;
  const entry = value as Entry['value'];
  known.push({ name: numbered(String(entry.url), known), value: entry });
}

/** A unique name for one of several records with the same name: `X`, `X (2)`. */
export function numbered(name: string, known: readonly { readonly name: string }[]): string {
  const taken = new Set(known.map((other) => other.name));
  let found = name;
  for (let number = 2; taken.has(found); number++) found = `${name} (${number})`;
  return found;
}

const validators = new Map<string, Validator>();

function validatorOf(key: string, schema: Parameters<typeof validator>[0]): Validator {
  const known = validators.get(key) ?? validator(schema, 'body', '');
  validators.set(key, known);
  return known;
}

/** Checks a value, and fills in its defaults. Returns whether the value is valid. */
function check(path: string, { check }: Validator, value: unknown, mistakes: string[]): boolean {
  try {
    check(value);
    return true;
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid_input') throw error;
    const { problems } = error.details as unknown as { readonly problems: readonly Problem[] };
    mistakes.push(...problems.map((problem) => mistakeOf(path, problem)));
    return false;
  }
}

interface Problem {
  readonly field: string;
  readonly error: string;
}

/** Members that hold secrets: a file may only refer to them. */
const secretMembers =
  /(?:^|\.)(?:key|clientSecret|privateKey|token|clientKey|kubeconfig|password|sshKey|passphrase|enablePassword|secret)$/;

function mistakeOf(path: string, { field, error }: Problem): string {
  const wanted =
    error === 'must be an object' && secretMembers.test(field)
      ? 'must be a reference to the secret: {fromEnv: NAME} or {fromFile: PATH}'
      : error;
  return `${field === '' ? path : `${path}.${field}`}: ${wanted}`;
}

/** The JSON Schema of a document, for editors and other programs. */
export function fleetSchema(): Readonly<Record<string, unknown>> {
  const properties = sections.map((section): [string, unknown] => {
    const items = strictSchema(entries[section]);
    if (section === 'webhooks') return [section, { type: 'array', items }];
    const propertyNames = names[section];
    const named = propertyNames ? { propertyNames: strictSchema(propertyNames) } : {};
    return [section, { type: 'object', additionalProperties: items, ...named }];
  });
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A Roundhouse fleet',
    description: "The form of the files that 'roundhouse plan' and 'roundhouse apply' read.",
    type: 'object',
    required: ['apiVersion'],
    additionalProperties: false,
    properties: { apiVersion: { const: API_VERSION }, ...Object.fromEntries(properties) },
  };
  return published(schema);
}

/** The JSON Schema of a workflow, the arguments of each kind of step included. */
export function workflowSchema(): Readonly<Record<string, unknown>> {
  const form = strictSchema(entries.workflows) as { readonly properties: Readonly<Record<string, object>> };
  const { steps } = form.properties as { readonly steps: { readonly items: { readonly properties: object } } };
  const { items } = steps;
  const kinds = Object.entries(kindForms as Readonly<Record<string, KindForm>>).map(([kind, form]) => ({
    if: { properties: { kind: { const: kind } }, required: ['kind'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: { ...((form.required ?? []).length > 0 ? { required: ['with'] } : {}), ...withSchema(kind, form) },
  }));
  const step = {
    ...items,
    properties: { ...items.properties, kind: { enum: Object.keys(kindForms) } },
    oneOf: [{ required: ['id'] }, { required: ['name'] }],
    allOf: kinds,
  };
  return published({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A Roundhouse workflow',
    ...form,
    properties: { name: strictSchema(WorkflowName), ...form.properties, steps: { ...steps, items: step } },
  });
}

/** The form of a step's arguments. */
function withSchema(kind: string, { arguments: all, required = [] }: KindForm): object {
  if (all === 'any') return {};
  if (all !== 'operation')
    return { properties: { with: { required, additionalProperties: false, properties: argumentSchemas(all) } } };
  const operations = [...stepOperations(noDomain)[kind as OperationKind]];
  const names = operations.map(([name]) => name);
  const forms = operations.map(([name, { input }]) => ({
    if: { properties: { operation: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: {
      required: input.required ?? [],
      additionalProperties: false,
      properties: operationSchemas(input.properties),
    },
  }));
  return { properties: { with: { required, properties: { operation: { enum: names } }, allOf: forms } } };
}

function noDomain(): never {
  throw new Error('operations are described, and not done');
}

function operationSchemas(properties: Readonly<Record<string, unknown>>) {
  const schemas = Object.entries(properties).map(([name, schema]) => [name, { anyOf: [schema, FILLED_IN] }]);
  return { operation: true, ...Object.fromEntries(schemas) };
}

/** A value that the run fills in: a parameter, or a text with an expression. */
const FILLED_IN = { type: 'string', pattern: '^\\$\\{[A-Za-z0-9_]+\\}$|\\$\\{\\{' } as const;

function argumentSchemas(forms: Readonly<Record<string, ArgumentForm>>) {
  const schemaOf = (form: ArgumentForm) => {
    if (form === 'string') return { type: 'string' };
    if (form === 'any') return true;
    if (form === 'list') return { anyOf: [{ type: 'array' }, FILLED_IN] };
    return { anyOf: [form === 'strings' ? { type: 'array', items: { type: 'string' } } : { type: form }, FILLED_IN] };
  };
  return Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, schemaOf(form)]));
}

/** A schema without the members that are only for the texts of errors, and without OpenAPI's `discriminator`. */
function published(schema: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(schema, (name, value) => (name === 'discriminator' ? undefined : value)));
}
