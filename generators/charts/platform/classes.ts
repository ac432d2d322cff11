import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Placement } from '../place.ts';

/** What volumes are made of on EKS, where nobody says otherwise. A cluster that is no EKS brings its own classes. */
export function classes(scope: Construct, { cluster, environment }: Placement): void {
  if (cluster.profile !== 'eks') return;
  // https://docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html
  new k8s.KubeStorageClass(scope, 'storageclass', {
    metadata: {
      name: cluster.storage,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'ebs.csi.eks.amazonaws.com',
    parameters: { type: 'gp3', encrypted: 'true' },
    allowVolumeExpansion: true,
    reclaimPolicy: environment.production ? 'Retain' : 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}
