import { type ObjectPolicy, object } from '../policy.ts';

const says = 'must survive a mistake in git';
const option = (...allowed: readonly string[]) =>
  `object.metadata.?annotations[?"argocd.argoproj.io/sync-options"].orValue("").matches("(^|,) *(${allowed.join('|')}) *(,|$)")`;
const field = 'metadata.annotations[argocd.argoproj.io/sync-options]';
const source = 'https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/';
const keeps = { kinds: ['apps/StatefulSet', 'PersistentVolumeClaim', 'Namespace'] };

/** What cannot be made again is never deleted without a person, neither by a sync nor with its Application. */
export const neverPruned: readonly ObjectPolicy[] = [
  {
    id: 'crd-prune',
    says: `A CustomResourceDefinition ${says}, since its objects go with it: sync option Prune=false.`,
    source,
    target: { kinds: ['apiextensions.k8s.io/CustomResourceDefinition'] },
    field,
    cel: option('Prune=false'),
    passes: [object('CustomResourceDefinition/widgets.example.com', { [field]: 'ServerSideApply=true, Prune=false' })],
    fails: [
      object('CustomResourceDefinition/widgets.example.com', { [field]: undefined }),
      object('CustomResourceDefinition/widgets.example.com', { [field]: 'Prune=confirm' }),
    ],
  },
  // In the cluster the claims of a StatefulSet are made by its controller, without annotations.
  {
    id: 'prune-confirm',
    says: `What keeps data ${says}: sync option Prune=confirm.`,
    source,
    target: keeps,
    field,
    cel: option('Prune=confirm', 'Prune=false'),
    admission: false,
    passes: [object('StatefulSet/store', { [field]: 'Delete=confirm,Prune=false' })],
    fails: [
      object('StatefulSet/store', { [field]: 'Delete=confirm' }),
      object('Namespace/production', { [field]: undefined }),
    ],
  },
  {
    id: 'delete-confirm',
    says: `What keeps data ${says}, also when its Application is deleted: sync option Delete=confirm.`,
    source,
    target: keeps,
    field,
    cel: option('Delete=confirm', 'Delete=false'),
    admission: false,
    passes: [object('StatefulSet/store', { [field]: 'Prune=confirm,Delete=false' })],
    fails: [
      object('StatefulSet/store', { [field]: 'Prune=confirm' }),
      object('Namespace/production', { [field]: undefined }),
    ],
  },
];
