import type { automation } from '@roundhouse/sdk';
import { argument, command, many, type Noun, parsed, text, yes } from '../frame/command.js';
import type { Columns } from '../frame/output.js';
import { confirm } from '../frame/prompt.js';
import { defined, list, seconds, wholeNumber } from '../frame/values.js';
import { parameterOf } from './workflow.js';

type Trigger = automation.WorkflowTrigger;

const columns: Columns<Trigger> = {
  TRIGGER: ({ name }) => name,
  WORKFLOW: ({ workflow }) => workflow,
  ON: ({ events }) => events?.join(', ') ?? 'webhook',
  ENABLED: ({ enabled, disabled_reason }) => (disabled_reason === null ? enabled : `false: ${disabled_reason}`),
  LAST: ({ last_event }) => last_event?.outcome ?? '',
  OWNER: ({ owner }) => owner,
  ID: ({ id }) => id,
};

const trigger = argument('name or id of the trigger');

/** `roundhouse trigger`. */
export const triggerNoun: Noun = {
  name: 'trigger',
  summary: 'workflows that start when something happens',
  commands: [
    command({
      name: 'list',
      summary: 'list the triggers',
      example: 'roundhouse trigger list',
      async run({ hub, out, signal }) {
        const { triggers } = await hub.automation.orchestration.listTriggers({ signal });
        await out.list(triggers, columns, ({ name }) => name, 'no triggers');
      },
    }),
    command({
      name: 'create',
      summary: 'start a workflow by events of the hub, or by signed messages; prints the secret of an incoming webhook',
      example: 'roundhouse trigger create remedy health_sweep --on alert.new --debounce 1m',
      args: { name: argument('name of the trigger'), workflow: argument('name of the workflow') },
      options: {
        on: parsed('<types>', 'types of events, with commas; default: an incoming webhook', list),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of workflows
        filter: text('<expression>', 'such as \'${{ event.data.severity == "critical" }}\''),
        param: many('<NAME=VALUE>', 'a parameter; JSON where it is valid JSON, else text with expressions; repeatable'),
        concurrency: parsed('<number>', 'runs that go on at once; default: 1', wholeNumber),
        debounce: parsed('<duration>', 'events within this time start one run together, such as 30s', seconds),
      },
      async run({ hub, args, options: { on, filter, param, concurrency, debounce }, out }) {
        const made = await hub.automation.orchestration.createTrigger({
          name: args.name,
          workflow: args.workflow,
          parameters: Object.fromEntries(param.map((word) => parameterOf(word))),
          ...defined({ events: on as Parameters<typeof hub.automation.orchestration.createTrigger>[0]['events'] }),
          ...defined({ filter, concurrency, debounce }),
        });
        if (made.secret === null) return out.done(`trigger '${made.name}' is there`, made);
        const facts = { trigger: made.name, id: made.id, secret: made.secret };
        await out.record(made, facts, made.secret);
      },
    }),
    command({
      name: 'enable',
      summary: 'enable a trigger; its runs have your rights from then on',
      example: 'roundhouse trigger enable remedy',
      args: { trigger },
      async run({ hub, args, out }) {
        const changed = await hub.automation.orchestration.setTrigger(args.trigger, { enabled: true });
        await out.done(`trigger '${changed.name}' is enabled`, changed);
      },
    }),
    command({
      name: 'disable',
      summary: 'disable a trigger; runs that it started go on',
      example: 'roundhouse trigger disable remedy',
      args: { trigger },
      async run({ hub, args, out }) {
        const changed = await hub.automation.orchestration.setTrigger(args.trigger, { enabled: false });
        await out.done(`trigger '${changed.name}' is disabled`, changed);
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a trigger; runs that it started go on',
      example: 'roundhouse trigger remove remedy --yes',
      args: { trigger },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Remove trigger '${args.trigger}'?`, options.yes);
        await hub.automation.orchestration.deleteTrigger(args.trigger);
        await out.done(`trigger '${args.trigger}' is removed`, { trigger: args.trigger, removed: true });
      },
    }),
  ],
};
