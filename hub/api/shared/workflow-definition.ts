import { expecting, form } from '@roundhouse/proto/wording';
import { type Static, Type } from 'typebox';
import { errorCodes } from '../../domain/errors.js';
import { decisions, type JobStep } from '../../domain/jobs/record.js';
import { isoTime } from '../../domain/moments.js';
import { onErrorChoices } from '../../domain/workflows/definition.js';
import { Time } from './values.js';

export const WorkflowName = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits, '.', '_' and '-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9_.-]*$'),
});
const StepId = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits and '_', with no digit first", '^[A-Za-z_][A-Za-z0-9_]*$'),
  description: 'The word by which expressions, `needs` and results name the step',
});
const StepName = Type.String({ minLength: 1, maxLength: 64 });
const Text = Type.String({ maxLength: 4096 });

const Comment = Type.String({
  maxLength: 1000,
  default: '',
  description: 'For people: with the failure of the step, and in its result',
});

/** The body of a decision about a step. */
export const decisionFields = {
  step: Type.String({
    minLength: 1,
    maxLength: 512,
    description: 'Its name in the run, such as `ask` or `nested/ask[2]`',
  }),
  decision: Type.Enum([...decisions.approval, ...decisions.attention], {
    description: 'Of an approval: `approve` or `refuse`; of a step whose effect is unknown: `resume`, `skip` or `fail`',
  }),
  comment: Comment,
  values: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      maxProperties: 32,
      description: 'Of an approval: the values of its form',
    }),
  ),
};

/** The body of the repetition of a run. */
export const retryFields = {
  from: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Id of a step of the workflow; default: the steps that did not complete',
    }),
  ),
};

/** The decision that a step waits for, as every API shows it. */
export const WaitsFor = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Enum(['approval', 'attention']),
        question: Type.Union([Type.String(), Type.Null()], { description: '`null` for callers who may not read it' }),
        role: Type.String({ description: 'The least role that decides' }),
        form: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], { description: 'A JSON Schema' }),
        since: Time,
        until: Type.Union([Time, Type.Null()], { description: 'The step fails if no person decides by then' }),
      },
      { title: 'WorkflowQuestion' },
    ),
    Type.Null(),
  ],
  { description: 'Extension: the decision of a person that the step waits for' },
);

export function renderWaitsFor({ status, asks, decided }: JobStep): Static<typeof WaitsFor> {
  if (status !== 'running' || !asks || decided) return null;
  const { kind, text, role, form, since, until } = asks;
  const end = until === undefined ? null : isoTime(until);
  return { kind, question: text, role, form: form ? { ...form } : null, since: isoTime(since), until: end };
}

/** The members of a step of a definition. */
export const stepFields = {
  id: Type.Optional(StepId),
  name: Type.Optional(
    Type.String({ ...WorkflowName, description: 'In place of `id`; expressions say `steps["name"]`' }),
  ),
  kind: Type.String({ minLength: 1, maxLength: 64 }),
  when: Type.Optional(Type.String({ maxLength: 64, description: 'A boolean parameter' })),
  if: Type.Optional(Type.String({ maxLength: 4096, description: 'An expression: false leaves the step out' })),
  needs: Type.Optional(
    Type.Array(StepName, {
      maxItems: 64,
      description: 'The steps that end before it begins; default: the step before it',
    }),
  ),
  for_each: Type.Optional(
    Type.Union([Text, Type.Array(Type.Unknown(), { maxItems: 256 })], {
      description: 'A list, or an expression that gives one: the step is done for each member, which is `item`',
    }),
  ),
  max_parallel: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 16, description: 'How many members are worked on at once; default 1' }),
  ),
  retry: Type.Optional(
    Type.Object(
      {
        attempts: Type.Integer({ minimum: 2, maximum: 10, description: 'The most attempts, the first included' }),
        backoff_seconds: Type.Optional(
          Type.Number({ minimum: 0, maximum: 3600, description: 'The first pause; each further one is twice as long' }),
        ),
        on: Type.Optional(
          Type.Array(Type.Enum(errorCodes), {
            minItems: 1,
            maxItems: errorCodes.length,
            description:
              'The failures after which the step begins again; default: all that leave no doubt about the effect',
          }),
        ),
      },
      { title: 'WorkflowRetry' },
    ),
  ),
  timeout: Type.Optional(Type.Number({ minimum: 1, maximum: 21_600, description: 'Seconds of one attempt' })),
  once: Type.Optional(
    Type.Boolean({
      description: 'Where it is not known whether the step took effect, a person decides how the run goes on',
    }),
  ),
  on_error: Type.Optional(
    Type.Union([
      Type.Enum(onErrorChoices),
      Type.Object(
        { compensate: Type.Array(StepName, { minItems: 1, maxItems: 64 }) },
        { title: 'WorkflowCompensation' },
      ),
    ]),
  ),
  outputs: Type.Optional(
    Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }), Text, {
      maxProperties: 64,
      ...expecting("1 to 64 letters, digits and '_', with no digit first"),
      description: 'Texts with expressions, which also read `result`: they are the result of the step',
    }),
  ),
  with: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Arguments of the step’s kind' })),
};
