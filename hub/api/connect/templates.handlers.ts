import type { Domain } from '../../domain/domain.js';
import type { Template } from '../../domain/templates/template.js';
import type { Handlers } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import { render as renderServer } from './servers.handlers.js';
import type { templateEndpoints } from './templates.js';

export function templateHandlers({ templates }: Domain): Handlers<typeof templateEndpoints> {
  return {
    listTemplates: ({ query }) => templates.list(query).map(render),

    async instantiateTemplate({ params, body }, context) {
      return renderServer(await templates.instantiate(originOf(context), params.id, body), context.caller);
    },
  };
}

function render({ variables: _, args, envPlaceholders, ...template }: Template) {
  return { ...template, args: [...args], envPlaceholders: [...envPlaceholders] };
}
