// Node 20's form of `preload.mjs`, which works in the thread itself where Node can.
import { compiled } from './compiled.mjs';

/** @type {import('node:module').ResolveHook} */
export const resolve = async (specifier, context, next) => compiled(await next(specifier, context));
