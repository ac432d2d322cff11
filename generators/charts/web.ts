import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedWebService } from '../model/app-schema.ts';
import { labels, objectMeta, type Placement, podSecurity, restricted, selector, sized } from './container.ts';

/** A service that answers HTTP: Deployment, Service, Ingress. */
export class WebChart extends Chart {
  constructor(scope: Construct, app: CheckedWebService, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const port = k8s.IntOrString.fromString('http');
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: objectMeta(app.name, at),
      spec: {
        replicas: app.replicas ?? at.environment.replicas,
        selector: { matchLabels: selector(app.name) },
        // A new pod is ready before an old one leaves.
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
        },
        template: {
          metadata: { labels: labels(app.name, at) },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: app.grace,
            securityContext: podSecurity({ uid: 65532, gid: 65532 }),
            containers: [
              {
                name: app.name,
                image: at.image,
                env: Object.entries({ PORT: String(app.port), ...at.identity, ...app.env }).map(([name, value]) => ({
                  name,
                  value,
                })),
                ports: [{ name: 'http', containerPort: app.port }],
                readinessProbe: { httpGet: { path: app.ready, port }, periodSeconds: 5, timeoutSeconds: 2 },
                livenessProbe: { httpGet: { path: app.live, port }, periodSeconds: 10, timeoutSeconds: 2 },
                resources: sized(app.resources ?? at.environment.resources),
                securityContext: restricted,
              },
            ],
          },
        },
      },
    });
    new k8s.KubeService(this, 'service', {
      metadata: objectMeta(app.name, at),
      spec: { selector: selector(app.name), ports: [{ name: 'http', port: 80, targetPort: port }] },
    });
    new k8s.KubeIngress(this, 'ingress', {
      metadata: objectMeta(app.name, at),
      spec: {
        rules: [
          {
            host: `${app.name}.${at.environment.domain}`,
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: app.name, port: { name: 'http' } } } },
              ],
            },
          },
        ],
      },
    });
  }
}
