import assert from 'node:assert/strict';
import { test } from 'node:test';
import { described, paragraphs, wrapped } from './manual.ts';

test('text is set between words, and a word that is too long stands alone', () => {
  assert.equal(wrapped('a part is one folder', 9), 'a part is\none\nfolder');
  assert.equal(wrapped('see https://example.com/long now', 10, 2), 'see\n  https://example.com/long\n  now');
  assert.equal(wrapped('', 10), '');
});

test('a paragraph is set anew, and a list keeps its lines', () => {
  const text =
    'Prints the parts\nof an environment.\n  up    start it and leave it running\n  down  stop it\nIts data stays.';
  assert.equal(
    paragraphs(text, 26),
    'Prints the parts of an\nenvironment.\n  up    start it and leave\n        it running\n  down  stop it\nIts data stays.',
  );
  assert.equal(paragraphs('one\n\ntwo', 20), 'one\n\ntwo');
});

test('what options do stands in a column, and under those that are long', () => {
  assert.equal(
    described(
      [
        ['--env E', 'the environment'],
        ['--a-very-long-option NAME', 'what it is'],
      ],
      22,
      10,
    ),
    '  --env E  the\n           environment\n  --a-very-long-option NAME\n           what it is',
  );
});
