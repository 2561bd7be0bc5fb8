import { EventEmitter, once } from 'node:events';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Test } from 'tap';
import { type McpClientOptions, mcpClient } from './mcp-client.js';
import type { Hub } from './roundhouse.js';

interface Heard {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** A client's answer when a server asks it for a sample; `id`: of the request. */
export type Answering = (id: string | number) => Promise<string> | string;

/** The official SDK's client, and everything that it is told, in order. With `answer` it offers sampling, and answers so. */
export async function mcpListener(
  t: Test,
  hub: Hub,
  { answer, ...options }: McpClientOptions & { readonly answer?: Answering } = {},
) {
  const heard: Heard[] = [];
  const told = new EventEmitter();
  const connected = await mcpClient(t, hub, {
    ...options,
    capabilities: answer ? { sampling: {} } : {},
    prepare: (client) => {
      client.fallbackNotificationHandler = async (notification) => {
        heard.push(notification as Heard);
        told.emit('heard');
      };
      if (answer)
        client.setRequestHandler(CreateMessageRequestSchema, async (_, { requestId }) => ({
          model: 'm',
          role: 'assistant' as const,
          content: { type: 'text' as const, text: await answer(requestId) },
        }));
    },
  });
  let seen = 0;
  /** Resolves with the next notification of a method, after the last notification that this function returned. */
  const next = async (method: string | RegExp): Promise<Heard> => {
    const fits = (one: Heard) => (typeof method === 'string' ? one.method === method : method.test(one.method));
    for (;;) {
      for (; seen < heard.length; seen += 1) {
        const one = heard[seen];
        if (!one || !fits(one)) continue;
        seen += 1;
        return one;
      }
      await once(told, 'heard');
    }
  };
  return { ...connected, heard, next };
}
