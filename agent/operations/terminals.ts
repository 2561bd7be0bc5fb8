import type { Terminals } from '../drivers/terminals.js';
import { json, type Operations } from './operation.js';

/** Terminals that `openPodTerminal` and `openContainerTerminal` have opened. */
export const terminalOperations = (terminals: Terminals) =>
  ({
    /** Types at a terminal. */
    async writeTerminal({ terminalId, input }) {
      await terminals.write(terminalId, input);
      return json(null);
    },

    /** Tells a terminal its new size. */
    async resizeTerminal({ terminalId, size }) {
      await terminals.resize(terminalId, size);
      return json(null);
    },
  }) satisfies Partial<Operations>;
