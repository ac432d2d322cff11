import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Misuse } from '../model/refusal.ts';
import { changed } from './change.fixture.ts';
import { broken } from './rule.ts';
import { good, text } from './template.fixture.ts';
import { referencesIn, templateOf, textOf } from './template.ts';
import { templateRules } from './template-rules.ts';

const root = join(import.meta.dirname, '../..');
const files = globSync('clusters/aws/*.yaml', { cwd: root }).sort();

/** What is said of a template. */
const said = (template: object) =>
  broken(templateRules, 'good.yaml', template as typeof good, { size: JSON.stringify(template).length });

test('functions are read by their long names, whatever they are given', () => {
  const { Resources } = templateOf(
    `Resources:
  A:
    Type: T
    Properties:
      ref: !Ref B
      sub: !Sub '\${B}-\${C.Arn}'
      map: !Sub ['\${x}', { x: !GetAtt 'C.D.E' }]
      list: !GetAtt [C, Arn]
      join: !Join [',', [a, !Ref B]]
      if: !If [IsBig, 1, !Ref AWS::NoValue]
      imported: !ImportValue { 'Fn::Sub': '\${B}-zone' }
      zones: !GetAZs ''
      condition: !Condition IsBig
`,
    'a.yaml',
  );
  assert.deepEqual(Resources.A?.Properties, {
    ref: { Ref: 'B' },
    sub: { 'Fn::Sub': `\${B}-\${C.Arn}` },
    map: { 'Fn::Sub': [`\${x}`, { x: { 'Fn::GetAtt': ['C', 'D.E'] } }] },
    list: { 'Fn::GetAtt': ['C', 'Arn'] },
    join: { 'Fn::Join': [',', ['a', { Ref: 'B' }]] },
    if: { 'Fn::If': ['IsBig', 1, { Ref: 'AWS::NoValue' }] },
    imported: { 'Fn::ImportValue': { 'Fn::Sub': `\${B}-zone` } },
    zones: { 'Fn::GetAZs': '' },
    condition: { Condition: 'IsBig' },
  });
  assert.deepEqual(
    referencesIn(Resources).map(({ name, attribute }) => (attribute ? `${name}.` : name)),
    ['B', 'B', 'C.', 'C.', 'C.', 'B', 'AWS::NoValue', 'B'],
  );
});

test('what CloudFormation does not read is refused', () => {
  const cases: readonly [string, RegExp][] = [
    ['Resources: [', /^a\.yaml: is no YAML: /],
    ['Resources:\n  A: !Reff B', /^a\.yaml: is no YAML: .*!Reff/],
    ['Resources: &r\n  A: { Type: T }\nOutputs: *r', /^a\.yaml: has a YAML alias, which CloudFormation does not read/],
    ['Parameters: {}', /^a\.yaml: has no Resources: /],
    ['', /^a\.yaml: is no YAML: .*empty/],
    ['Resources: { A: { Properties: {} } }', /^a\.yaml: Resources\.A has no Type: /],
    ['Resources: { A: }', /^a\.yaml: Resources\.A has no Type: /],
  ];
  for (const [yaml, message] of cases)
    assert.throws(
      () => templateOf(yaml, 'a.yaml'),
      (error) => error instanceof Misuse && message.test(error.message),
      yaml,
    );
});

test('a text of a template is known once its parameters are', () => {
  const values = { Cluster: 'shop', 'AWS::AccountId': '000000000000' };
  assert.equal(textOf({ 'Fn::Sub': `a-\${Cluster}-\${AWS::AccountId}` }, values), 'a-shop-000000000000');
  assert.equal(textOf({ Ref: 'Cluster' }, values), 'shop');
  assert.equal(textOf('plain', values), 'plain');
  assert.equal(textOf({ 'Fn::Sub': `\${Key.Arn}` }, values), undefined);
  assert.equal(textOf({ 'Fn::GetAtt': ['Key', 'Arn'] }, values), undefined);
});

test('rules have names of their own, a sentence and an authority, and a good template keeps them all', () => {
  assert.equal(new Set(templateRules.map(({ id }) => id)).size, templateRules.length);
  for (const { id, says, source } of templateRules) {
    assert.match(id, /^[a-z-]+$/);
    assert.match(says, /\.$/, id);
    assert.match(source, /^https:\/\//, id);
  }
  assert.deepEqual(broken(templateRules, 'good.yaml', good, { size: text.length }), []);
});

for (const { id, says, fails } of templateRules) {
  test(`${id}: what breaks it is refused, with the field and the rule`, () => {
    assert.ok(fails.length > 0);
    for (const change of fails) {
      const own = said(changed(good, change)).filter((line) => line.endsWith(`(${id})`));
      assert.ok(own.length > 0, JSON.stringify(change));
      for (const line of own) assert.ok(line.startsWith('good.yaml: ') && line.includes(says), line);
    }
  });
}

test('the templates of this repository keep every rule', () => {
  assert.ok(files.length >= 5);
  for (const file of files) {
    const yaml = readFileSync(join(root, file), 'utf8');
    assert.deepEqual(broken(templateRules, file, templateOf(yaml, file), { size: Buffer.byteLength(yaml) }), []);
  }
});

/** https://github.com/aws-cloudformation/cfn-lint knows every resource's properties: `pip install cfn-lint`. */
const linter = spawnSync('cfn-lint', ['--version']).status === 0;

test('cfn-lint finds nothing in them', {
  skip: linter ? false : 'cfn-lint is not installed: pip install cfn-lint',
}, () => {
  execFileSync('cfn-lint', files, { cwd: root, stdio: 'pipe', encoding: 'utf8' });
});
