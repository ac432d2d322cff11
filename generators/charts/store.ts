import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedStore } from '../model/app-schema.ts';
import { labels, objectMeta, type Placement, podSecurity, restricted, selector, sized } from './container.ts';

/** One pod with a volume: StatefulSet and headless Service. */
export class StoreChart extends Chart {
  constructor(scope: Construct, app: CheckedStore, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    new k8s.KubeStatefulSet(this, 'statefulset', {
      metadata: objectMeta(app.name, at),
      spec: {
        serviceName: app.name,
        replicas: 1,
        selector: { matchLabels: selector(app.name) },
        template: {
          metadata: { labels: labels(app.name, at) },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: app.grace,
            securityContext: { ...podSecurity(app.user), fsGroup: app.user.gid },
            containers: [
              {
                name: app.name,
                image: at.image,
                args: [...app.args],
                ports: [{ name: app.name, containerPort: app.port }],
                readinessProbe: { exec: { command: [...app.ready] }, periodSeconds: 5, timeoutSeconds: 2 },
                resources: sized(app.resources ?? at.environment.resources),
                securityContext: restricted,
                volumeMounts: [{ name: 'data', mountPath: app.volume.path }],
              },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: k8s.Quantity.fromString(app.volume.size) } },
            },
          },
        ],
      },
    });
    new k8s.KubeService(this, 'service', {
      metadata: objectMeta(app.name, at),
      spec: { clusterIp: 'None', selector: selector(app.name), ports: [{ name: app.name, port: app.port }] },
    });
  }
}
