import { expecting, form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import { errorCodes } from '../../domain/errors.js';
import { onErrorChoices } from '../../domain/workflows/definition.js';

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
