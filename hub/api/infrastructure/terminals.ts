import { Type } from 'typebox';
import { isoTime } from '../../domain/moments.js';
import { Arguments, Time } from '../shared/values.js';

/** Where WebSockets with the ticket of a terminal come to. */
export const TERMINALS_PATH = '/terminals/ws';

/** The program of a terminal if its caller names none. Every common image with a shell has this one. */
export const SHELL = ['/bin/sh'];

export const TERMINAL =
  'The answer is a ticket for one terminal. A WebSocket brings the ticket within 30 seconds, and gets the terminal; the guide "Terminals" has its messages.';

export const TerminalCommand = Type.Optional(
  Arguments({
    minItems: 1,
    description: 'The program and its arguments; no shell reads them; default: `/bin/sh`',
  }),
);

export const TerminalTicket = Type.Object(
  {
    ticket: Type.String({ description: 'Good for one terminal' }),
    expires_at: Time,
    path: Type.String({ description: `Of the WebSocket, below the address of the hub: \`${TERMINALS_PATH}\`` }),
  },
  { title: 'TerminalTicket' },
);

export function renderTicket({ ticket, expiresAt }: { readonly ticket: string; readonly expiresAt: number }) {
  return { ticket, expires_at: isoTime(expiresAt), path: TERMINALS_PATH };
}
