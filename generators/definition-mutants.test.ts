import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { mutants, put } from './definition-mutants.fixture.ts';
import { commitOf, input, type Legal, legal } from './definitions.fixture.ts';
import { hydrate } from './hydrate.ts';

/** What a publish says of an app, and what it would write of it. */
function published(one: Legal) {
  const lines = [...hydrate(commitOf([one]), input, 'v24.0.0')];
  const [failed] = lines.flatMap((line) => ('failed' in line ? [line.failed] : []));
  return { failed, parts: lines.flatMap((line) => ('part' in line ? [line.part] : [])) };
}

/** It is refused as a mistake in its file, with all that must be said; nothing comes of it but the refusal. */
function assertRefused(one: Legal, says: readonly string[]) {
  const { failed, parts } = published(one);
  assert.deepEqual(parts, []);
  assert.ok(failed, `${says.join('\n')}\nis not refused`);
  assert.equal(failed.exitCode, 2, failed.message);
  const file = `apps/${one.name}/app.ts:`;
  const lines = failed.message.split('\n');
  for (const line of lines) assert.match(line.slice(file.length), /^\d+: field /, failed.message);
  for (const what of says)
    assert.ok(
      lines.some((line) => line.startsWith(`${file}${what}`)),
      `${file}${what}\nis not said:\n${failed.message}`,
    );
}

test('1,500 definitions with one mistake are refused: file, line, field, value, and the name that was meant', () => {
  fc.assert(
    fc.property(mutants(1), ({ says, ...one }) => assertRefused(one, says)),
    { seed: 2026, numRuns: 1500 },
  );
});

test('600 definitions with several mistakes are refused, and each is said at once', () => {
  fc.assert(
    fc.property(mutants(8), ({ says, ...one }) => assertRefused(one, says)),
    { seed: 2026, numRuns: 600 },
  );
});

test('an app of a kind that is none, or that is no app, is refused', () => {
  const refused = (app: unknown, says: string) => {
    const { failed, parts } = published({ name: 'shop', app: app as Legal['app'], files: {} });
    assert.deepEqual(parts, []);
    assert.equal(failed?.exitCode, 2, failed?.message);
    assert.ok(failed?.message.startsWith(`apps/shop/app.ts: ${says}`), failed?.message);
  };
  fc.assert(
    fc.property(legal, ({ app }) => refused({ ...app, kind: 'wbe' }, 'field kind is "wbe": ')),
    { seed: 2026, numRuns: 50 },
  );
  for (const value of [null, 5, 'web', true, 1n, [], [{ kind: 'web' }], () => {}, {}, new Map(), new Date(0)])
    refused(value, 'field ');
});

test('anything at all in one place of a definition is refused, or is legal, and never crashes', () => {
  const anything = fc.anything({
    ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true },
    ...{ withSparseArray: true, withTypedArray: true, withObjectString: true, maxDepth: 2 },
  });
  fc.assert(
    fc.property(legal, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), anything, (one, turns, value) => {
      const { failed, parts } = published({ ...one, app: put(one.app, turns, value) });
      if (failed) assert.equal(failed.exitCode, 2, `${inspect(value)}\n${failed.message}`);
      assert.ok(failed ? parts.length === 0 : parts.length > 0);
    }),
    { seed: 2026, numRuns: 500 },
  );
});
