import { added, type ObjectPolicy } from '../policy.ts';

export const secretValues: ObjectPolicy = {
  id: 'secret-values',
  says: "A Secret's value must not stand in git: refer to it where it is kept.",
  source: 'https://kubernetes.io/docs/concepts/security/secrets-good-practices/',
  target: { kinds: ['Secret'] },
  field: '',
  cel: 'object.?data.orValue({}).size() == 0 && object.?stringData.orValue({}).size() == 0',
  // In the cluster an operator writes Secrets with values: that is how references become values.
  admission: false,
  // One without a value is no use, and `permitted` refuses every one.
  passes: [],
  fails: [
    added({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'production' }, data: { a: 'YQ==' } }),
    added({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a', namespace: 'production' },
      stringData: { a: 'a' },
    }),
  ],
};
