// What a test gets when it imports `tap`.
import { load } from '../../agent/bin/load.mjs';
import { tapBundle } from './compiled.mjs';

export default load(tapBundle).default;
