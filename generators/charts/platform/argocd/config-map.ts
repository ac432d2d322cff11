import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { argoCd } from '../../../model/project.ts';

/** A ConfigMap that Argo CD reads by its name, and only with these labels. */
export function configMap(scope: Construct, name: string, data: Readonly<Record<string, string>>): void {
  new k8s.KubeConfigMap(scope, `configmap-${name}`, {
    metadata: {
      name,
      namespace: argoCd,
      labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': argoCd },
    },
    data,
  });
}
