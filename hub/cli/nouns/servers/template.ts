import type { connect } from '@roundhouse/sdk';
import { argument, command, type Noun, text } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { defined, firstLine } from '../../frame/values.js';

const columns: Columns<connect.Template> = {
  TEMPLATE: ({ id }) => id,
  CATEGORY: ({ category }) => category,
  DESCRIPTION: ({ description }) => firstLine(description),
};

/** `roundhouse template`. */
export const templateNoun: Noun = {
  name: 'template',
  summary: "templates of servers that the hub ships; 'roundhouse server add --template' uses them",
  commands: [
    command({
      name: 'list',
      summary: 'list the templates',
      example: 'roundhouse template list --search files',
      options: {
        category: text('<name>', 'only templates of this category'),
        search: text('<text>', 'only templates with this text in their name or description'),
      },
      async run({ hub, options: { category, search }, out, signal }) {
        const found = await hub.connect.templates.list(defined({ category, search }), { signal });
        await out.list(found, columns, ({ id }) => id, 'no templates');
      },
    }),
    command({
      name: 'show',
      summary: 'show a template and the variables that its servers take',
      example: 'roundhouse template show builtin-memory',
      args: { template: argument('id of the template') },
      async run({ hub, args, out, signal }) {
        const found = (await hub.connect.templates.list({}, { signal })).find(({ id }) => id === args.template);
        if (!found)
          throw new CommandError(
            `there is no template '${args.template}': 'roundhouse template list' shows their ids`,
            'missing',
          );
        const facts = {
          ...{ template: found.id, name: found.name, description: found.description, category: found.category },
          command: [found.command, ...found.args].join(' '),
          documentation: found.documentation,
        };
        await out.record(found, facts, found.id);
        if (out.form === 'people')
          out.section('Variables', found.envPlaceholders, {
            VARIABLE: ({ key }) => key,
            REQUIRED: ({ required }) => required,
            MEANING: ({ description }) => description,
          });
      },
    }),
  ],
};
