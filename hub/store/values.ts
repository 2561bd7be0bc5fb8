import { Packr } from 'msgpackr';

/**
 * Records and events as plain MessagePack maps. Not msgpackr's record extension: it would keep shared structures in the
 * database, written outside the change that needs them. Buffers are copied because LMDB reads into memory that it reuses.
 */
export const codec = new Packr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });
