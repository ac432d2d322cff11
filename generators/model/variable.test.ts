import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenNeeds } from './token.ts';
import { type Variable, variablesOf } from './variable.ts';

const variable = (key: string, more: Partial<Variable> = {}): Variable => ({
  ...{ key, protected: true, masked: true, file: false, environment: '*', ...more },
});
const wanted = tokenNeeds.flatMap(({ variable: place }) =>
  place ? [variable(place.key, { environment: place.environment })] : [],
);

test('a secret is given to pipelines of protected branches alone, in no log, and to the jobs that need it', () => {
  const fine = variablesOf(wanted);
  assert.deepEqual(
    fine.map(({ name, verdict }) => `${verdict} ${name}`),
    ['publish', 'promote', 'statuses', 'hand-over'].map((where) => `ok variable SLIPWAY_TOKEN (${where})`),
  );
  assert.equal(
    fine[0]?.says,
    'It pushes rendered and the first environments: masked, for protected branches and that environment alone.',
  );
  const cases: [Variable, RegExp | undefined][] = [
    [variable('DEBUG', { protected: false, masked: false }), undefined],
    [variable('GIT_AUTHOR_NAME', { protected: false, masked: false }), undefined],
    [variable('NPM_TOKEN', { protected: false }), /^Every pipeline is given it, a merge request's too\.$/],
    [variable('NPM_TOKEN', { masked: false }), /^Logs show it\.$/],
    [variable('KUBE_SECRET', { masked: false, file: true }), undefined],
    [variable('SLIPWAY_SIGNING_KEY', { masked: false }), undefined],
    [variable('SLIPWAY_SIGNING_KEY', { masked: false, protected: false }), /^Every pipeline is given it/],
    [variable('SLIPWAY_TOKEN'), /^Jobs of every environment are given it\.$/],
    [variable('SLIPWAY_TOKEN', { environment: 'review/*' }), /^Jobs of the environment review\/\* are given it\.$/],
    [variable('SLIPWAY_TOKEN', { masked: false, protected: false }), /too; logs show it; jobs of every environment/],
  ];
  for (const [one, says] of cases) {
    const wrong = variablesOf([...wanted, one]).filter(({ verdict }) => verdict === 'wrong');
    assert.equal(wrong.length, says ? 1 : 0, JSON.stringify(one));
    if (says) assert.match(wrong[0]?.says ?? '', says);
  }
});

test('what no call makes right has none: a token for every job must be put elsewhere', () => {
  const [everywhere] = variablesOf([variable('SLIPWAY_TOKEN', { protected: false })]);
  assert.deepEqual([everywhere?.name, everywhere?.fix], ['variable SLIPWAY_TOKEN', undefined]);
  assert.match(everywhere?.remedy ?? '', /for the environment publish, promote, statuses, hand-over alone/);
  const [open] = variablesOf([variable('RENOVATE_TOKEN', { protected: false, environment: 'renovate' })]);
  assert.deepEqual(open?.fix, {
    method: 'PUT',
    path: '/variables/RENOVATE_TOKEN?filter[environment_scope]=renovate',
    body: { protected: true, masked: true },
  });
});

test('the switch of the jobs that speak to AWS is given to every pipeline', () => {
  const of = (more: Partial<Variable>) => {
    const is = { protected: false, masked: false, ...more };
    const [found] = variablesOf([...wanted, variable('SLIPWAY_CLUSTERS', is)]).slice(wanted.length);
    return found;
  };
  assert.equal(of({})?.verdict, 'ok');
  const kept = of({ protected: true });
  assert.match(kept?.says ?? '', /^A merge request's pipeline is not given it/);
  assert.deepEqual([kept?.verdict, kept?.fix?.body], ['wrong', { protected: false }]);
  const scoped = of({ environment: 'production' });
  assert.deepEqual(
    [scoped?.verdict, scoped?.name, scoped?.fix],
    ['wrong', 'variable SLIPWAY_CLUSTERS (production)', undefined],
  );
});

test('what pipelines cannot do for want of a token is said with what it is for, and is no fault', () => {
  const found = variablesOf([...wanted.slice(1, -1), variable('NPM_TOKEN')]);
  assert.deepEqual(
    found.map(({ name, verdict }) => `${verdict} ${name}`),
    [
      'todo variable SLIPWAY_TOKEN (publish)',
      'ok variable SLIPWAY_TOKEN (promote)',
      'ok variable SLIPWAY_TOKEN (statuses)',
      'ok other secrets',
    ],
  );
  const [missing] = found;
  assert.equal(
    missing?.says,
    'There is none for the environment publish, so no pipeline pushes rendered and the first environments.',
  );
  assert.match(missing?.remedy ?? '', /masked and hidden, protected, for the environment publish alone/);
});
