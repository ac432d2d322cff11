import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed, good, goodPlatform, ground, platform, production } from './good.fixture.ts';
import { parsePath } from './json.ts';
import { itemName, judge } from './judge.ts';
import { policies } from './policies.ts';
import { applies, type Example } from './policy.ts';
import { formatViolation } from './violation.ts';

const errors = (example: Example) => {
  const { manifests, facts } = ground(example);
  return judge(changed(manifests, example), facts).filter(({ severity }) => severity === 'error');
};

test('good objects have nothing wrong, and a store with one pod is mentioned', () => {
  assert.deepEqual(
    judge(good, production).map(({ policy, object, severity }) => ({ policy, object, severity })),
    [{ policy: 'single-store', object: 'StatefulSet/store', severity: 'warning' }],
  );
  assert.deepEqual(judge(goodPlatform, platform), []);
});

test('every policy has a name of its own, a sentence and a source', () => {
  assert.equal(new Set(policies.map(({ id }) => id)).size, policies.length);
  for (const { id, says, source, fails } of policies) {
    assert.match(id, /^[a-z][a-z-]{1,50}[a-z]$/);
    assert.match(says, /^[A-Z].*[.]$/, id);
    assert.doesNotMatch(says, /\n/, id);
    assert.ok(URL.canParse(source), id);
    assert.ok(fails.length > 0, `${id} has no example that fails`);
  }
});

for (const policy of policies) {
  const { id, passes, fails } = policy;
  test(`${id}: its good examples pass every policy, its bad ones fail it`, () => {
    for (const example of passes) assert.deepEqual(errors(example).map(formatViolation), []);
    for (const example of fails) {
      const { manifests, facts } = ground(example);
      const found = judge(changed(manifests, example), facts);
      const own = found.filter(({ policy: by }) => by === id);
      assert.ok(
        own.length > 0,
        `${JSON.stringify(example)} passes ${id}; found: ${found.map(formatViolation).join('\n')}`,
      );
      for (const { file, object, says } of own) {
        assert.match(file, /^[a-z]+-.*\.yaml$/);
        assert.match(object, /^[A-Z]\w+\/./);
        assert.doesNotMatch(says, /cannot be judged/, `${id} is not judged but fails to be evaluated`);
      }
    }
  });
}

test('a policy names the field below what it looks at', () => {
  for (const policy of policies) {
    if (!('cel' in policy) || policy.field === '') continue;
    const name = itemName(policy.target) ?? (policy.target === 'pod' ? 'variables.pod' : 'object');
    const [first] = parsePath(policy.field);
    assert.ok(policy.cel.includes(name) || policy.cel.includes('variables'), policy.id);
    assert.ok(
      policy.cel.includes(String(first)),
      `${policy.id} names ${policy.field}, which its expression does not read`,
    );
  }
});

test('a policy is asked only where it applies', () => {
  const tagged: Example = [{ at: 'container', fields: { image: 'registry.example.com/team/web:1.4.2' } }];
  const lone: Example = [{ at: 'Deployment/worker', fields: { 'spec.replicas': 1 } }];
  const named = (example: Example, facts: typeof production) =>
    judge(changed(good, example), facts).map(({ policy }) => policy);
  assert.ok(named(tagged, production).includes('image-digest'));
  assert.ok(!named(tagged, { ...production, profile: 'local' }).includes('image-digest'));
  assert.ok(named(lone, production).includes('two-replicas'));
  assert.ok(!named(lone, { ...production, production: false }).includes('two-replicas'));
  assert.equal(
    policies
      .filter((policy) => !applies(policy, platform))
      .map(({ id }) => id)
      .join(),
    'scope',
  );
});

test('a violation is said in one line: file, field, what must hold, what is there', () => {
  const [found] = errors([{ at: 'container', fields: { 'securityContext.privileged': true } }]);
  assert.equal(
    found && formatViolation(found),
    'deployment-web.yaml: spec.template.spec.containers[0].securityContext.privileged: A container must not be ' +
      'privileged: that is root on the node. It is true (privileged).',
  );
});

test('what looks like a token is found and never shown', () => {
  const value = `glpat-${'aB3dE6gH9j'.repeat(2)}`;
  const found = errors([{ at: 'container', fields: { env: [{ name: 'A', value }] } }]);
  assert.deepEqual(
    found.map(({ policy, field }) => [policy, field]),
    [['tokens', 'spec.template.spec.containers[0].env[0].value']],
  );
  assert.doesNotMatch(JSON.stringify(found), new RegExp(value));
});
