import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdmissionFacts, admission, admissionName, isAdmissible } from './admission.ts';
import { policies } from './policies.ts';

const facts: AdmissionFacts = {
  profile: 'eks',
  registries: ['registry.example.com'],
  environments: [
    { name: 'staging', production: false },
    { name: 'production', production: true },
  ],
};
interface Spec {
  readonly matchConditions: { readonly name: string; readonly expression: string }[];
  readonly variables?: { readonly name: string; readonly expression: string }[];
  readonly validations: { readonly expression: string; readonly message: string }[];
  readonly matchConstraints: { readonly resourceRules: { readonly resources: string[] }[] };
  readonly matchResources: {
    readonly namespaceSelector: { readonly matchExpressions: { readonly values: string[] }[] };
  };
  readonly failurePolicy: string;
  readonly validationActions: string[];
}
const specOf = (id: string, kind = 'ValidatingAdmissionPolicy', given = facts) =>
  admission(given).find((one) => one.kind === kind && one.metadata.name === `slipway-${id}`)?.spec as Spec | undefined;

test('each policy in CEL that a namespace can hold is one admission policy and its binding', () => {
  const names = admission(facts).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const expected = policies
    .filter(isAdmissible)
    .flatMap((policy) =>
      ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'].map(
        (kind) => `${kind} ${admissionName(policy)}`,
      ),
    );
  assert.deepEqual(names, expected);
  assert.ok(expected.length > 80);
  for (const id of ['crd-prune', 'prune-confirm', 'secret-values', 'tokens']) assert.equal(specOf(id), undefined, id);
});

test('an expression about a container is asked of each, in every kind that makes pods and where kubectl debug adds them', () => {
  const spec = specOf('privileged');
  assert.match(
    spec?.validations[0]?.expression ?? '',
    /^\(variables\.pod\.\?initContainers.*ephemeralContainers.*\)\.all\(container, !container\./,
  );
  assert.deepEqual(
    spec?.variables?.map(({ name }) => name),
    ['template', 'pod'],
  );
  assert.equal(spec?.failurePolicy, 'Fail');
  const resources = spec?.matchConstraints.resourceRules.flatMap((rule) => rule.resources) ?? [];
  for (const one of [
    'pods',
    'pods/ephemeralcontainers',
    'deployments',
    'statefulsets',
    'daemonsets',
    'replicasets',
    'jobs',
    'cronjobs',
  ])
    assert.ok(resources.includes(one), one);
  assert.doesNotMatch(specOf('cpu-request')?.validations[0]?.expression ?? '', /ephemeral/);
});

test('a binding denies in the environments of the cluster and nowhere else', () => {
  const binding = specOf('privileged', 'ValidatingAdmissionPolicyBinding');
  assert.deepEqual(binding?.validationActions, ['Deny']);
  assert.deepEqual(binding?.matchResources.namespaceSelector.matchExpressions[0]?.values, ['staging', 'production']);
  assert.equal(specOf('image-digest', 'ValidatingAdmissionPolicy', { ...facts, profile: 'local' }), undefined);
  assert.deepEqual(admission({ ...facts, environments: [] }), []);
});

test('the allowed registries stand in the policy that asks for them', () => {
  assert.deepEqual(specOf('image-registry')?.variables?.at(-1), {
    name: 'registries',
    expression: '["registry.example.com"]',
  });
});

test('an excuse counts where Argo CD or a controller writes it, for its policy alone', () => {
  const [living, excused] = specOf('host-path')?.matchConditions ?? [];
  assert.deepEqual([living?.name, excused?.name], ['living', 'not-excused']);
  assert.match(
    excused?.expression ?? '',
    /request\.userInfo\.username in \["system:serviceaccount:argocd:argocd-application-controller"/,
  );
  assert.ok(excused?.expression.includes('.matches("(^| )host-path( |$)")'));
});
