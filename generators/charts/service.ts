import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { objectMeta, type Subject, selector } from './place.ts';

/**
 * By what other apps call an app: its name, at its own port.
 * @param headless gives the pods' own addresses, as a StatefulSet needs it. @default false
 */
export function service(scope: Construct, port: number | undefined, subject: Subject, headless = false): void {
  if (port === undefined) return;
  new k8s.KubeService(scope, 'service', {
    metadata: objectMeta(subject),
    spec: {
      ...(headless ? { clusterIp: 'None' } : {}),
      selector: selector(subject.name),
      ports: [{ name: 'main', port, targetPort: k8s.IntOrString.fromString('main') }],
    },
  });
}
