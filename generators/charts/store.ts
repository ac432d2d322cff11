import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedStore } from '../model/app-schema.ts';
import { probe } from './container.ts';
import { monitoring } from './monitoring.ts';
import { network } from './network.ts';
import { objectMeta, type Placement, selector } from './place.ts';
import { podTemplate } from './pod.ts';
import { service } from './service.ts';
import { surroundings } from './surroundings.ts';

/** One pod with a volume: what every program has, a StatefulSet, and a headless Service. */
export class StoreChart extends Chart {
  constructor(scope: Construct, app: CheckedStore, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const subject = { name: app.name, at };
    const readinessProbe = probe(app.ready, 'main', { periodSeconds: 5, timeoutSeconds: 2 });
    const livenessProbe = app.live && probe(app.live, 'main', { periodSeconds: 10, timeoutSeconds: 2 });
    new k8s.KubeStatefulSet(this, 'statefulset', {
      metadata: objectMeta(subject, app.name, {
        // Nothing that holds data goes without a person who says so in Argo CD.
        'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
        ...(app.single ? { 'slipway.dev/single': 'true' } : {}),
      }),
      spec: {
        serviceName: app.name,
        replicas: 1,
        selector: { matchLabels: selector(app.name) },
        template: podTemplate(app, subject, {
          main: { ...(readinessProbe ? { readinessProbe } : {}), ...(livenessProbe ? { livenessProbe } : {}) },
          mounts: [{ name: 'data', mountPath: app.volume.path }],
          pod: { securityContext: { fsGroup: app.user.gid } },
        }),
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: app.volume.class ?? at.cluster.storage,
              resources: { requests: { storage: k8s.Quantity.fromString(app.volume.size) } },
            },
          },
        ],
      },
    });
    service(this, app.port, subject, true);
    surroundings(this, app, subject);
    network(this, app, subject, false);
    monitoring(this, app, subject);
  }
}
