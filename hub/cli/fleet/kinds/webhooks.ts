import type { connect } from '@roundhouse/sdk';
import { defined } from '../../frame/values.js';
import { numbered } from '../document.js';
import type { WebhookEntry } from '../format.js';
import { SECRET } from '../secrets.js';
import type { Found, KindOf } from './kind.js';

/** Webhooks. They have no names, so the address takes the place of the name. */
export const webhooks: KindOf<WebhookEntry> = {
  section: 'webhooks',
  noun: 'webhook',
  async read({ hub, options }) {
    const found: Found[] = [];
    const listed = await hub.connect.webhooks.list(options);
    // Webhooks with the same address are numbered by their age.
    for (const { id, url, events, enabled } of listed.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
      found.push({ id, name: numbered(url, found), state: { url, events: events.toSorted(), enabled } });
    return found;
  },
  look: async (access, { id }) => (await webhooks.read(access)).find((webhook) => webhook.id === id),
  stateOf: ({ url, events, enabled }) => ({ url, events: [...new Set(events)].sort(), enabled }),
  needsSecrets: () => false,
  create: ({ hub, options }, _name, entry) => hub.connect.webhooks.create(bodyOf(entry), options),
  update({ hub, options }, { id }, entry, { fields, hasSecrets }) {
    const { events, enabled, secret } = bodyOf(entry);
    const body = {
      events: fields.has('events') ? events : undefined,
      enabled: fields.has('enabled') ? enabled : undefined,
      secret: hasSecrets ? secret : undefined,
    };
    return hub.connect.webhooks.update(id, defined(body), options);
  },
  remove: ({ hub, options }, { id }) => hub.connect.webhooks.delete(id, options),
  entryOf: (state) => ({ ...state, secret: SECRET }),
};

/** A webhook for the API, with the value of its reference. */
function bodyOf({ url, events, enabled, secret }: WebhookEntry): connect.CreateWebhookBody {
  return { url, events, ...defined({ enabled }), secret: String(secret) };
}
