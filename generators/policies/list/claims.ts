import { claim, type ObjectPolicy } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims';

export const claims: readonly ObjectPolicy[] = [
  {
    id: 'storage-class',
    says: 'A claim must name its storage class: the default one differs from cluster to cluster.',
    source,
    target: 'claim',
    field: 'spec.storageClassName',
    cel: 'claim.?spec.?storageClassName.orValue("") != ""',
    // The API server writes the default class into a claim before it asks.
    admission: false,
    passes: [claim({ 'spec.storageClassName': 'gp3' })],
    fails: [claim({ 'spec.storageClassName': undefined }), claim({ 'spec.storageClassName': '' })],
  },
  {
    id: 'storage-size',
    says: 'A claim must name its size.',
    source,
    target: 'claim',
    field: 'spec.resources.requests.storage',
    cel: 'claim.?spec.?resources.?requests.?storage.hasValue()',
    passes: [claim({ 'spec.resources.requests.storage': '1Gi' })],
    fails: [claim({ 'spec.resources.requests.storage': undefined }), claim({ 'spec.resources': undefined })],
  },
];
