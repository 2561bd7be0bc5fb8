import { inTurn } from '../event-loop.js';
import { keyOf, namesParameter, type StepDefinition } from './definition.js';
import { compileExpression, hasExpression, partsOf, type Reference } from './expressions.js';

/** The steps of a workflow, in the order that `needs` gives. */
export class Graph {
  readonly #steps: ReadonlyMap<string, StepDefinition>;
  /** Steps that run only to compensate for the failure of another. */
  readonly compensating: ReadonlySet<string>;
  readonly #needs = new Map<string, readonly string[]>();

  constructor(steps: readonly StepDefinition[]) {
    this.#steps = new Map(steps.map((step) => [keyOf(step), step]));
    this.compensating = new Set(steps.flatMap(compensationsOf));
    let before: readonly string[] = [];
    for (const step of steps) {
      const key = keyOf(step);
      if (this.compensating.has(key) || this.#needs.has(key)) continue;
      this.#needs.set(key, step.needs ?? before);
      before = [key];
    }
  }

  step(key: string): StepDefinition | undefined {
    return this.#steps.get(key);
  }

  /** The steps that end before this one begins. */
  needs(key: string): readonly string[] {
    return this.#needs.get(key) ?? [];
  }

  /**
   * The steps whose results a step may read: they have always ended when it begins. A compensating step may read all steps that do not
   * compensate.
   */
  readable(key: string): ReadonlySet<string> {
    if (this.compensating.has(key)) return new Set(this.#needs.keys());
    const found = new Set<string>();
    const add = (one: string) => {
      for (const needed of this.needs(one))
        if (!found.has(needed)) {
          found.add(needed);
          add(needed);
        }
    };
    add(key);
    return found;
  }

  /** These steps, and all steps that begin after one of them, directly or through other steps. */
  from(keys: readonly string[]): ReadonlySet<string> {
    const found = new Set(keys);
    for (let before = -1; before < found.size; ) {
      before = found.size;
      for (const [key, needed] of this.#needs) if (needed.some((one) => found.has(one))) found.add(key);
    }
    return found;
  }

  /** The ids of a circle of steps that need each other; `undefined` if the graph has no circle. */
  circle(key: string): readonly string[] | undefined {
    const seen = new Set<string>();
    const search = (one: string, way: readonly string[]): readonly string[] | undefined => {
      for (const needed of this.needs(one)) {
        if (needed === key) return [...way, key];
        if (seen.has(needed)) continue;
        seen.add(needed);
        const found = search(needed, [...way, needed]);
        if (found) return found;
      }
      return undefined;
    };
    return search(key, [key]);
  }
}

/** The steps that compensate for the failure of a step. */
export function compensationsOf({ on_error }: StepDefinition): readonly string[] {
  return typeof on_error === 'object' ? on_error.compensate : [];
}

/** A text, and the path of its field. */
interface PlacedText {
  readonly field: string;
  readonly text: string;
}

/** Every text of a step that may hold expressions. */
export function textsOf({ if: condition, for_each, with: given, outputs }: StepDefinition): PlacedText[] {
  const list = typeof for_each === 'string' ? for_each : undefined;
  return Object.entries({ if: condition, for_each: list, with: given, outputs }).flatMap((one) => textsBelow(...one));
}

/** The texts of a step that hold expressions. */
export function expressionsOf(step: StepDefinition): string[] {
  return textsOf(step).flatMap(({ text }) => (hasExpression(text) ? [text] : []));
}

/** The texts of a value. @param found gets them */
export function textsBelow(field: string, value: unknown, found: PlacedText[] = []): PlacedText[] {
  if (typeof value === 'string') found.push({ field, text: value });
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) textsBelow(`${field}.${key}`, member, found);
  return found;
}

/** Compiles the expressions of a step, in turns: other requests go on meanwhile. @throws DomainError `invalid_input` */
export async function compileStep(step: StepDefinition): Promise<void> {
  for (const text of expressionsOf(step)) await compileText(text);
}

/** Compiles the expressions of a text, in turns of the event loop. @throws DomainError `invalid_input` */
export async function compileText(text: string): Promise<void> {
  for (const part of partsOf(text)) if (part.expression) await inTurn(() => compileExpression(part.text));
}

/** The ids of the steps whose results the expressions of a step read, and whether the step reads the parameters. */
export interface StepReads {
  readonly steps: readonly string[];
  readonly inputs: boolean;
}

/** The reads of each step, in the order of the steps. The expressions are compiled in turns of the event loop. */
export async function readsOf(steps: readonly StepDefinition[]): Promise<StepReads[]> {
  const reads: StepReads[] = [];
  for (const step of steps) {
    const found: Reference[] = [];
    for (const text of expressionsOf(step)) {
      // A text that cannot be read gives no value: the step fails.
      const isReadable = await compileText(text).then(
        () => true,
        () => false,
      );
      if (isReadable) found.push(...referencesOf(text));
    }
    const keys = found.flatMap(({ root, key }) => (root === 'steps' && key !== undefined ? [key] : []));
    const inputs =
      found.some(({ root }) => root === 'inputs') || textsOf(step).some(({ text }) => namesParameter(text));
    reads.push({ steps: [...new Set(keys)], inputs });
  }
  return reads;
}

/** The names that the expressions of a text read. @throws DomainError `invalid_input` */
export function referencesOf(text: string): readonly Reference[] {
  const expressions = partsOf(text).filter(({ expression }) => expression);
  return expressions.flatMap((part) => compileExpression(part.text).references);
}
