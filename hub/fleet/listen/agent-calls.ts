import { type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import { MessageReader, readMessages } from '../link/message-reader.js';

/** How calls tell of an agent that breaks the rules. */
export interface CallEvents {
  /** A call ends because of a message that the hub does not take. */
  refused(agentId: string, peer: string, reason: string): void;
  /** All calls of an agent end because it broke a rule over several of them. */
  cutOff(agentId: string, reason: string): void;
}

/** The open calls of one agent, over all its connections. */
interface Calls {
  readonly open: Map<ServerInterceptingCallInterface, MessageReader>;
  /** The bytes that the hub keeps of messages that are not whole. */
  bytes: number;
}

const excess = 'the agent begins more messages than it ends';

/**
 * Reads the messages of agents' calls. An agent can have thousands of calls at once, and can begin a message in each of them and never end
 * it. So the hub counts the bytes that it keeps of such messages for each agent, and ends all calls of an agent that exceeds the bound.
 */
export class AgentCalls {
  readonly #most: number;
  readonly #events: CallEvents;
  readonly #agents = new Map<string, Calls>();

  /** @param most bytes that the hub keeps of an agent's unfinished messages */
  constructor(most: number, events: CallEvents) {
    this.#most = most;
    this.#events = events;
  }

  /** Reads the messages of one more call. @param limit the largest message that the call may begin with, bytes */
  read(call: ServerInterceptingCallInterface, agentId: string, limit: number): void {
    const calls = this.#agents.get(agentId) ?? { open: new Map(), bytes: 0 };
    const reader = new MessageReader(limit, {
      kept: (bytes) => {
        calls.bytes += bytes;
        if (calls.bytes > this.#most) this.#cutOff(agentId, calls);
      },
      refused: (reason) => this.#events.refused(agentId, call.getPeer(), reason),
      closed: () => {
        calls.open.delete(call);
        if (calls.open.size === 0) this.#agents.delete(agentId);
      },
    });
    this.#agents.set(agentId, calls);
    calls.open.set(call, reader);
    readMessages(call, reader);
  }

  #cutOff(agentId: string, { open }: Calls): void {
    for (const [call, reader] of [...open]) {
      call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: excess });
      reader.close();
    }
    this.#events.cutOff(agentId, excess);
  }
}
