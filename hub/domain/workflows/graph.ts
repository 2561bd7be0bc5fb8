import { Turns } from '../event-loop.js';
import { keyOf, type StepDefinition } from './definition.js';
import { compileExpression, partsOf, type Reference } from './expressions.js';

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

  /** The steps whose results a step may read: they are over whenever it begins. A compensating step reads all that run without it. */
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

  /** The steps that begin after one of these, directly or through others, and these. */
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

/** Every text of a step that may hold expressions, with the path of its field. */
export function* textsOf(step: StepDefinition): Generator<{ readonly field: string; readonly text: string }> {
  const { if: condition, for_each, with: given, outputs } = step;
  yield* textsBelow('if', condition);
  yield* textsBelow('for_each', typeof for_each === 'string' ? for_each : undefined);
  yield* textsBelow('with', given);
  yield* textsBelow('outputs', outputs);
}

/** The texts of a value, each with the path of its field. */
export function* textsBelow(
  field: string,
  value: unknown,
): Generator<{ readonly field: string; readonly text: string }> {
  if (typeof value === 'string') yield { field, text: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* textsBelow(`${field}.${key}`, member);
}

/** Compiles the expressions of a step, in turns: other requests go on meanwhile. @throws DomainError `invalid_input` */
export async function compileStep(step: StepDefinition): Promise<void> {
  const turns = new Turns();
  for (const { text } of textsOf(step)) {
    referencesOf(text);
    if (turns.due) await turns.next();
  }
}

/** The names that the expressions of a text read. @throws DomainError `invalid_input` */
export function referencesOf(text: string): readonly Reference[] {
  const expressions = partsOf(text).filter(({ expression }) => expression);
  return expressions.flatMap((part) => compileExpression(part.text).references);
}
