import { type Schema, Validator } from '@cfworker/json-schema';
// The package's index also exports a part for tests, which needs Ajv, so this imports a file of the package.
import Form from '@rjsf/core/lib/components/Form.js';
import {
  type IconButtonProps,
  type RJSFSchema,
  type RJSFValidationError,
  toErrorSchema,
  type ValidatorType,
} from '@rjsf/utils';
import type { ReactNode } from 'react';

type Values = Record<string, unknown>;

/** Ajv compiles schemas to code, which the page's policy forbids. This validator reads them. */
const validator: ValidatorType<Values> = {
  validateFormData(values, schema) {
    const errors = errorsOf(schema, values);
    return { errors, errorSchema: toErrorSchema(errors) };
  },
  isValid(schema, values, root) {
    try {
      const { definitions, $defs } = root;
      return new Validator({ definitions, $defs, ...schema } as Schema, '2020-12').validate(values).valid;
    } catch {
      return false;
    }
  },
  rawValidation: <Result,>(schema: RJSFSchema, values?: Values) => ({ errors: errorsOf(schema, values) as Result[] }),
};

/** The errors of the innermost members. The error of an object only repeats the error of its member. */
function errorsOf(schema: RJSFSchema, values: Values | undefined): RJSFValidationError[] {
  try {
    const { errors } = new Validator(schema as Schema, '2020-12', false).validate(values ?? {});
    return errors
      .filter(({ keyword }) => keyword !== 'properties' && keyword !== 'items' && keyword !== '$ref')
      .map(({ error, instanceLocation, keyword }) => {
        const place = instanceLocation.replace(/^#/, '').replaceAll('/', '.');
        // The object lacks the member; the form shows the error at the member's field.
        const missing = keyword === 'required' ? /"(.*)"/.exec(error)?.[1] : undefined;
        const property = missing === undefined ? place : `${place}.${missing}`;
        const message = missing === undefined ? error : 'is required';
        return { property, message, stack: `${property} ${message}` };
      });
  } catch {
    // The schema cannot be read. The server checks the arguments itself.
    return [];
  }
}

type ButtonProps = IconButtonProps<Values, RJSFSchema>;

function Button({ label, onClick, disabled, id, className }: ButtonProps & { readonly label: string }) {
  return (
    <button type="button" id={id} className={className} onClick={onClick} disabled={disabled}>
      {label}
    </button>
  );
}

const templates = {
  ButtonTemplates: {
    AddButton: (props: ButtonProps) => <Button {...props} label="Add" />,
    RemoveButton: (props: ButtonProps) => <Button {...props} label="Remove" />,
    MoveUpButton: (props: ButtonProps) => <Button {...props} label="Up" />,
    MoveDownButton: (props: ButtonProps) => <Button {...props} label="Down" />,
    CopyButton: (props: ButtonProps) => <Button {...props} label="Copy" />,
    ClearButton: (props: ButtonProps) => <Button {...props} label="Clear" />,
  },
};

/** A form that a JSON Schema describes. */
export default function SchemaForm(props: {
  readonly schema: unknown;
  /** The id of the form, which is unique in the page. */
  readonly name?: string;
  readonly values: Values;
  onChange(values: Values): void;
  onSubmit(values: Values): void;
  readonly children: ReactNode;
}) {
  // The title of the schema is left out, because the page has its own.
  const { $schema: _, title: __, ...schema } = props.schema as RJSFSchema;
  return (
    <Form<Values>
      schema={schema as RJSFSchema}
      formData={props.values}
      validator={validator}
      templates={templates}
      idPrefix={props.name ?? 'argument'}
      showErrorList={false}
      noHtml5Validate
      // The form shows the errors at their fields; without this it writes them to the browser's console, too.
      onError={() => undefined}
      onChange={({ formData }) => props.onChange(formData ?? {})}
      onSubmit={({ formData }) => props.onSubmit(formData ?? {})}
    >
      {props.children}
    </Form>
  );
}
