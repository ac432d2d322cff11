import assert from 'node:assert/strict';
import { test } from 'node:test';
import data from './facts.json' with { type: 'json' };
import { type Fact, readFacts } from './facts.ts';

const many = (change: (fact: Fact) => unknown = (fact) => fact) =>
  Array.from({ length: 40 }, (_, index) =>
    change({ id: index + 1, fact: `Fact ${index + 1}.`, source: 'https://moose.example/', sourceName: 'Moose' }),
  );

/** The fifth fact with some other fields. */
const withFifth = (fields: Record<string, unknown>) => many((fact) => (fact.id === 5 ? { ...fact, ...fields } : fact));

test('the facts of this service can be read, each in a sentence with a source', () => {
  const facts = readFacts(data);
  assert.equal(facts.size, data.length);
  assert(facts.size >= 36);
  assert.match(facts.byId(1)?.fact ?? '', /moose/);
});

test('what cannot be used is refused with file, entry, field and value', () => {
  const refused: [unknown, string][] = [
    [{}, 'facts.json is not a list of facts.'],
    [many().slice(11), 'facts.json has 29 facts, which is fewer than 30.'],
    [withFifth({ id: 0 }), 'facts.json, index 4: id is 0, which is not a positive whole number.'],
    [withFifth({ id: 1.5 }), 'facts.json, index 4: id is 1.5, which is not a positive whole number.'],
    [withFifth({ id: '5' }), 'facts.json, index 4: id is "5", which is not a positive whole number.'],
    [withFifth({ id: 4 }), 'facts.json, index 4: id is 4, which stands there twice.'],
    [withFifth({ fact: 'Fact 4.' }), 'facts.json, index 4: fact is "Fact 4.", which stands there twice.'],
    [
      withFifth({ source: 'http://moose.example/' }),
      'facts.json, id 5: source is "http://moose.example/", which is not an https URL.',
    ],
    [withFifth({ source: 'moose' }), 'facts.json, id 5: source is "moose", which is not an https URL.'],
    [withFifth({ sourceName: '' }), 'facts.json, id 5: sourceName is "", which is not a name.'],
    ...['', 'No full stop', ' Fact.', 7].map((fact): [unknown, string] => [
      withFifth({ fact }),
      `facts.json, id 5: fact is ${JSON.stringify(fact)}, which is not a sentence of at most 280 characters with a full stop.`,
    ]),
    [[...many(), null], 'facts.json, index 40: id is undefined, which is not a positive whole number.'],
  ];
  for (const [data, message] of refused) assert.throws(() => readFacts(data), { message });
  assert.throws(() => readFacts(withFifth({ fact: `${'a'.repeat(280)}.` })), /id 5: fact is /);
  assert.equal(readFacts(withFifth({ fact: `${'a'.repeat(279)}.` })).size, 40);
});

test('the pages one after the other are all facts, each once, in the order of their ids', () => {
  const facts = readFacts(many((fact) => ({ ...fact, id: 200 - 3 * fact.id })));
  const seen: number[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = facts.page({ after, limit: 7 });
    assert(page.facts.length <= 7);
    seen.push(...page.facts.map((fact) => fact.id));
    after = page.next;
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 40 }, (_, index) => 80 + 3 * index),
  );
});

test('a page can begin after an id that no fact has, and the last one says that it is', () => {
  const facts = readFacts(many((fact) => ({ ...fact, id: fact.id * 10 })));
  assert.deepEqual(
    facts.page({ after: 15, limit: 2 }).facts.map((fact) => fact.id),
    [20, 30],
  );
  assert.equal(facts.page({ after: 15, limit: 2 }).next, 30);
  assert.equal(facts.page({ after: 380, limit: 2 }).next, undefined);
  assert.deepEqual(facts.page({ after: 400, limit: 2 }), { facts: [], next: undefined });
});

test('every fact comes at random, and never the one that is left out', () => {
  const facts = readFacts(many());
  const drawn = (except?: number) =>
    Array.from({ length: 400 }, (_, index) => facts.random({ except, random: () => index / 400 }).id);
  assert.equal(new Set(drawn()).size, 40);
  const others = new Set(drawn(7));
  assert.equal(others.size, 39);
  assert(!others.has(7));
  assert.equal(facts.random({ random: () => 1 - Number.EPSILON }).id, 40);
});
