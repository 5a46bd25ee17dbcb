/**
 * Names with `*` in them.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { wildcard } from '../../../lib/protocol/wildcards.js';

it.each([
  ['delete_file', ['delete_file'], ['delete_files', 'xdelete_file', '']],
  ['*', ['', 'a', 'a\nb'], []],
  ['admin_*', ['admin_', 'admin_users'], ['admin', 'xadmin_users']],
  ['*_file', ['_file', 'read_file'], ['read_files']],
  ['a*b', ['ab', 'aXb', 'abab'], ['a', 'b', 'abc', 'ba']],
  ['ab*ba', ['abba', 'abXba'], ['aba', 'ab', 'ba']],
  ['a*b*c', ['abc', 'a1b2c', 'abbc'], ['acb', 'ab', 'ac']],
  ['a**c', ['ac', 'abc'], ['a', 'c']],
  ['test://v.x/*', ['test://v.x/1'], ['test://vax/1']],
])('%s', (pattern, fitting, others) => {
  const fits = wildcard(pattern);
  expect(fitting.filter((name) => !fits(name))).toEqual([]);
  expect(others.filter((name) => fits(name))).toEqual([]);
});
