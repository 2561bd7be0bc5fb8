// In place of the package `async-hook-domain`, by which tap learns which test an uncaught error belongs to. That package follows each promise
// and each resource from its beginning to its end, which takes a fifth of a test's time. Here Node's own context says the test.
import { AsyncLocalStorage } from 'node:async_hooks';

/** @typedef {(error: unknown, event: string) => void} OnError */

/** @type {AsyncLocalStorage<Domain>} */
const context = new AsyncLocalStorage();

/** What runs from here on, and all that it begins, belongs to the domain, until the domain is destroyed. */
export class Domain {
  /** @param {OnError} onerror gets the errors that no program catches; an error that it throws goes to the domain around this one */
  constructor(onerror) {
    this.onerror = onerror;
    this.destroyed = false;
    this.parent = context.getStore();
    context.enterWith(this);
  }

  destroy() {
    this.destroyed = true;
  }
}

/** @returns {Domain | undefined} the innermost domain that is not destroyed */
function current() {
  let domain = context.getStore();
  while (domain?.destroyed) domain = domain.parent;
  return domain;
}

/**
 * Gives an error to the domain. A program that listens for such errors itself gets them instead.
 * @param {unknown} error @param {string} event @returns {boolean} whether a domain took the error
 */
function handle(error, event) {
  if (process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0) return false;
  const domain = current();
  if (!domain) return false;
  try {
    domain.onerror(error, event);
    return true;
  } catch (thrown) {
    domain.destroy();
    if (handle(thrown, event)) return true;
    throw thrown;
  }
}

process.on('uncaughtExceptionMonitor', (error, origin) => {
  if (!handle(error, origin)) return;
  // Node asks this function what becomes of the error.
  process.setUncaughtExceptionCaptureCallback(() => process.setUncaughtExceptionCaptureCallback(null));
});

const emit = process.emit;
// A listener for rejections would change what Node does with those of no domain.
process.emit = /** @type {typeof emit} */ (
  (/** @type {string} */ event, /** @type {unknown[]} */ ...args) =>
    event === 'unhandledRejection' && process.listenerCount(event) === 0
      ? handle(args[0], event)
      : Reflect.apply(emit, process, [event, ...args])
);
