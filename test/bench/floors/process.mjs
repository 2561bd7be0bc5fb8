// A floor's process: it gets its orders from the bench over IPC, and ends with it.

/**
 * Answers each message of the parent. The first is the set-up; its answer says that the floor is ready.
 * @template Setup, Order
 * @param {(setup: Setup) => Promise<object>} start
 * @param {(order: Order) => Promise<object>} [obey] later messages
 */
export function serve(start, obey) {
  let started = false;
  process.on('message', async (message) => {
    const task = started && obey ? obey(/** @type {Order} */ (message)) : start(/** @type {Setup} */ (message));
    started = true;
    try {
      process.send?.({ answer: await task });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
