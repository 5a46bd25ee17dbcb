/**
 * The contract's cases of leases, letters and notices.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { eventually, newName } from './contract-bench.js';
import type { Instance, PairCases } from './contract-pair.js';
import type { Notice } from './port.js';

const MANY = 250;

const changed = (uri: string): Notice => ({ method: 'notifications/resources/updated', uri });

const heard = ({ notices }: Instance) => notices.map(({ notice }) => notice);

export const INSTANCES: PairCases = {
  'knows who is alive': async (open) => {
    const [a, b] = [await open(), await open()];
    const gone = await open({ isAlive: false });
    assert.notEqual(a.self, b.self);
    assert.match(a.self, /^[0-9a-f]{12}$/);
    const all = [a.self, b.self, gone.self, newName(), '', '*', 'é {x}'];
    const alive = await Promise.all(all.map((name) => a.instances.alive(name)));
    assert.deepEqual(alive, [true, true, false, false, false, false, false]);
  },

  'is not ready any more when it has resigned': async (open) => {
    const [a, b] = [await open(), await open()];
    await a.instances.ready();
    await a.instances.resign();
    assert.equal(await b.instances.alive(a.self), false);
    await assert.rejects(a.instances.ready());
  },

  'delivers letters in their order, each once': async (open) => {
    const [a, b] = [await open(), await open()];
    const letters = Array.from({ length: MANY }, (_, number) => ({
      kind: 'contract',
      session: newName(),
      number,
      text: 'é\u2028"\\',
    }));
    await Promise.all(letters.map((letter) => a.instances.post(b.self, letter)));
    await eventually('all letters are there', () => b.letters.length >= MANY);
    assert.deepEqual(b.letters, letters);
    assert.deepEqual(a.letters, []);
  },

  'keeps letters for an instance that does not read yet': async (open) => {
    const [a, late] = [await open(), await open({ isAlive: false })];
    const letter = { kind: 'contract', session: newName() };
    await a.instances.post(late.self, letter);
    const letters: unknown[] = [];
    late.instances.start({
      letter: (it) => void letters.push(it),
      notice: () => {},
      missed: () => {},
    });
    await eventually('the letter is there', () => letters.length > 0);
    assert.deepEqual(letters, [letter]);
  },

  'takes a letter for nobody': async (open) => {
    const a = await open();
    for (const name of [newName(), '', '*', 'é {x}']) {
      await a.instances.post(name, { kind: 'contract', session: newName() });
    }
    assert.deepEqual(a.letters, []);
  },

  'goes on when a listener throws': async (open) => {
    const [a, b] = [await open(), await open({ isAlive: false })];
    let calls = 0;
    const throws = () => {
      calls += 1;
      throw new Error('a listener of the contract');
    };
    b.instances.start({ letter: throws, notice: throws, missed: throws });
    await b.instances.ready();
    for (let time = 0; time < 2; time += 1) {
      await a.instances.post(b.self, { kind: 'contract', session: newName() });
      await a.instances.publish(changed('x://1'));
    }
    await eventually('all is told', () => calls === 4);
  },

  'tells every instance of every notice, in one order, each once': async (open) => {
    const all = [await open(), await open(), await open()] as const;
    const notices = Array.from({ length: MANY }, (_, number) => changed(`x://${number}`));
    await Promise.all(
      notices.map((notice, nth) => (all[nth % 2] ?? all[0]).instances.publish(notice)),
    );
    const first = all[0];
    for (const one of all) {
      await eventually('all is heard', () => one.notices.length >= MANY);
      assert.deepEqual(one.notices, first.notices);
      assert.deepEqual(one.missed, []);
      assert.equal(one.instances.revision, first.notices.at(-1)?.revision);
    }
    assert.deepEqual(new Set(heard(first).map(({ uri }) => uri)).size, MANY);
    const revisions = first.notices.map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      [...revisions].sort((one, other) => one - other),
    );
  },

  'names a notice the same for who published it and who hears it': async (open) => {
    const [a, b] = [await open(), await open()];
    const revision = await a.instances.publish({ method: 'notifications/tools/list_changed' });
    await eventually('it is heard', () => b.notices.length > 0);
    assert.deepEqual(b.notices, [
      { notice: { method: 'notifications/tools/list_changed' }, revision },
    ]);
  },

  'reads notices again from any that was heard': async (open) => {
    const [a, b] = [await open(), await open()];
    const revisions: number[] = [b.instances.revision];
    const notices = ['x://1', 'x://2', 'x://3'].map(changed);
    for (const notice of notices) revisions.push(await a.instances.publish(notice));
    for (const [nth, revision] of revisions.entries()) {
      assert.deepEqual(await b.instances.noticesAfter(revision), notices.slice(nth));
    }
  },

  'says so when it cannot know what came after a revision': async (open) => {
    const a = await open();
    const revision = await a.instances.publish(changed('x://1'));
    for (const unknown of [1, revision - 2, revision + 1, -1, 2 ** 53, Number.NaN, 1.5]) {
      assert.equal(await a.instances.noticesAfter(unknown), 'lost');
    }
  },

  'does not tell an instance of what was published before it came': async (open) => {
    const a = await open();
    await a.instances.publish(changed('x://before'));
    const b = await open();
    await a.instances.publish(changed('x://after'));
    await eventually('it is heard', () => b.notices.length > 0);
    assert.deepEqual(heard(b), [changed('x://after')]);
  },
};
