/** Whether this is the run of the night (`npm run test:nightly`), of all that is too large for each change. */
export const nightly = process.env.ROUNDHOUSE_TEST_NIGHTLY === '1';

/** A number in full at night, and a tenth of it in every other run. */
export const scaled = (full: number): number => (nightly ? full : Math.ceil(full / 10));

/** For `t.test`: leaves a test to the night, as it asks the public registries. */
export const asksPublicRegistries = nightly ? {} : { skip: 'npm run test:nightly asks the public registries' };
