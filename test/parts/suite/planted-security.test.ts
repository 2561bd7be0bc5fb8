import t from 'tap';
import { findsPlanted } from './planted.js';

const credentials = { API_TOKEN: 'tok_4f8s7d6f5g4h3j2k1' };
const echoing = ['describe_connection', 'find_invoice'];

findsPlanted(t, 'security', [
  ['crash-on-bad-input --oversize', ['outline', 'measure_tree']],
  ['crash-on-bad-input --nested', ['outline', 'measure_tree']],
  ['secret-echo', echoing, credentials],
  ['secret-echo --error', echoing, credentials],
  ['secret-echo --encoded', echoing, credentials],
  ['secret-echo --encoded --error', echoing, credentials],
  ['path-traversal', ['read_note', 'list_notes']],
  ['shell-injection', ['calculate', 'list_operators']],
]);
