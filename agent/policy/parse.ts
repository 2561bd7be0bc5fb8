import { parse } from 'yaml';
import { isUrlPattern } from './patterns.js';

/** The rules of a section: only the patterns of `allow`, if it is given, and no pattern of `deny`. */
export interface Rules {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** The sections of a site's policy, by their names in the file. */
const sections = ['commands', 'environment', 'urls', 'images', 'namespaces', 'device_commands'] as const;
export type Section = (typeof sections)[number];

/** The rights that a site gives its hub. A section that is absent allows everything. */
export type PolicyRules = Readonly<Partial<Record<Section, Rules>>> & { readonly read_only?: boolean };

/** A policy that cannot be read. The message names the place and the expected form. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** Reads a policy file's text. @throws PolicyError */
export function parsePolicy(text: string): PolicyRules {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new PolicyError(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
  if (value === null || value === undefined) return {};
  const rules: Record<string, unknown> = {};
  for (const [name, section] of entries(value, 'the policy')) {
    if (name === 'read_only') {
      if (typeof section !== 'boolean') throw new PolicyError('read_only: expected true or false');
      rules.read_only = section;
    } else if ((sections as readonly string[]).includes(name)) {
      rules[name] = readRules(name, section);
    } else {
      throw new PolicyError(`unknown section '${name}'; known: read_only, ${sections.join(', ')}`);
    }
  }
  return rules;
}

/** A plain list stands for `allow`. */
function readRules(section: string, value: unknown): Rules {
  if (Array.isArray(value)) return { allow: readPatterns(section, section, value) };
  const rules: { allow?: string[]; deny?: string[] } = {};
  for (const [name, list] of entries(value, section)) {
    if (name !== 'allow' && name !== 'deny')
      throw new PolicyError(`${section}: unknown key '${name}'; known: allow, deny`);
    rules[name] = readPatterns(section, `${section}.${name}`, list);
  }
  return rules;
}

function readPatterns(section: string, path: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw new PolicyError(`${path}: expected a list of patterns`);
  return value.map((pattern: unknown, index) => {
    if (typeof pattern !== 'string' || pattern.trim() === '')
      throw new PolicyError(`${path}[${index}]: expected a pattern (text)`);
    if (section === 'urls' && !isUrlPattern(pattern))
      throw new PolicyError(`${path}[${index}]: expected a pattern of the form scheme://host/path`);
    return pattern;
  });
}

function entries(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PolicyError(`${path}: expected "key: value" pairs`);
  return Object.entries(value);
}
