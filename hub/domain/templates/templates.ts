import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { invalidFields, notFound, type Problem } from '../errors.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ServerView } from '../servers/servers.js';
import type { Template } from './catalog.js';
import { builtinTemplates } from './catalog.js';

export interface TemplateFilter {
  readonly category?: string;
  /** In the name or the description, without regard to case. */
  readonly search?: string;
}

/** The input for making a server from a template. */
export interface Instantiation {
  readonly name: string;
  /** Values of the template's placeholders, by key. */
  readonly env?: Readonly<Record<string, string>>;
  readonly groupId?: string | null;
  readonly site?: string;
}

/** Templates of well-known servers, and servers made from them. */
export class Templates {
  readonly #lifecycle: ServerLifecycle;
  readonly #templates: readonly Template[];

  constructor(lifecycle: ServerLifecycle, templates: readonly Template[] = builtinTemplates) {
    this.#lifecycle = lifecycle;
    this.#templates = templates.toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** By name. */
  list({ category, search }: TemplateFilter = {}): Template[] {
    const text = search?.toLowerCase();
    return this.#templates.filter(
      ({ name, description, ...template }) =>
        (category === undefined || template.category === category.toLowerCase()) &&
        (text === undefined || name.toLowerCase().includes(text) || description.toLowerCase().includes(text)),
    );
  }

  /** @throws DomainError `not_found`. */
  get(id: string): Template {
    const template = this.#templates.find((candidate) => candidate.id === id);
    if (!template) throw notFound('template', id);
    return template;
  }

  /**
   * Registers a server from a template, without connecting it. The hub refuses a variable that the template does not know: most likely its
   * name is misspelt.
   * @throws DomainError `not_found`, `invalid_input` (naming `env.KEY`), and as {@link ServerLifecycle.create}.
   */
  async instantiate(origin: RequestOrigin, id: string, wanted: Instantiation): Promise<ServerView> {
    authorize(origin.caller, 'server.write');
    const template = this.get(id);
    const { name, groupId, site, env: values = {} } = wanted;
    checkValues(template, values);
    const { description, command, category } = template;
    const { args, env } = filledIn(template, values);
    const transport = { type: 'stdio', command, args, env } as const;
    const server = { name, description, transport, metadata: { category }, groupId, site };
    return this.#lifecycle.create(origin, server, { template: id });
  }
}

/** @throws DomainError `invalid_input` naming `env.KEY` for values that are missing, or unknown. */
export function checkValues({ envPlaceholders }: Template, values: Readonly<Record<string, string>>): void {
  const problems: Problem[] = [];
  for (const { key, description, required } of envPlaceholders)
    if (required && !givenValue(values, key))
      problems.push({ field: `env.${key}`, error: `is required: ${description}` });
  const known = envPlaceholders.map(({ key }) => key);
  const choice = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
  for (const key of Object.keys(values))
    if (!known.includes(key))
      problems.push({ field: `env.${key}`, error: `is no variable of this template: ${choice}` });
  const [first, ...others] = problems;
  if (first) throw invalidFields(first, ...others);
}

/**
 * Values that the arguments name go into the arguments, all others into the environment. An empty value counts as absent. The fixed variables
 * of the template come on top.
 */
export function filledIn(template: Template, values: Readonly<Record<string, string>>) {
  const inArgs = new Set<string>();
  const args = template.args.map((arg) =>
    arg.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => {
      inArgs.add(key);
      return givenValue(values, key) ?? '';
    }),
  );
  const env: Record<string, string> = {};
  for (const { key } of template.envPlaceholders) {
    const value = givenValue(values, key);
    if (value && !inArgs.has(key)) env[template.variables[key] ?? key] = value;
  }
  return { args, env: { ...env, ...template.fixed } };
}

/** Keys come from a client: properties that every object inherits are no values. */
function givenValue(values: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
