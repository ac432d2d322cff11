import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedWeb } from '../model/app-schema.ts';
import { deployment } from './deployment.ts';
import { ingressClass, loadBalancer } from './load-balancer.ts';
import { migration } from './migration.ts';
import { network } from './network.ts';
import { objectMeta, type Placement, selector } from './place.ts';
import { surroundings } from './surroundings.ts';

/** A service that answers HTTP: what every program has, and Deployment, Service, Ingress. */
export class WebChart extends Chart {
  constructor(scope: Construct, app: CheckedWeb, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const subject = { name: app.name, at };
    const hosts = hostsOf(app, at);
    const ingressClassName = ingressClass(at.cluster, at.environment);
    deployment(this, app, subject);
    new k8s.KubeService(this, 'service', {
      metadata: objectMeta(subject),
      spec: {
        selector: selector(app.name),
        ports: [{ name: 'http', port: 80, targetPort: k8s.IntOrString.fromString('http') }],
      },
    });
    if (hosts.length > 0)
      new k8s.KubeIngress(this, 'ingress', {
        metadata: objectMeta(subject, app.name, loadBalancer(at.cluster, app)),
        spec: {
          ...(ingressClassName === undefined ? {} : { ingressClassName }),
          // Without a Secret: the certificate is the load balancer's own affair, by these names.
          tls: [{ hosts }],
          rules: hosts.map((host) => ({
            host,
            http: {
              paths: [
                {
                  path: app.path,
                  pathType: 'Prefix',
                  backend: { service: { name: app.name, port: { name: 'http' } } },
                },
              ],
            },
          })),
        },
      });
    surroundings(this, app, subject);
    network(this, app, subject, hosts.length > 0);
    migration(this, app, subject);
  }
}

/** The names by which a web service is reached from outside. */
export const hostsOf = ({ hosts, name }: CheckedWeb, { environment }: Pick<Placement, 'environment'>): string[] => [
  ...(hosts ?? [`${name}.${environment.domain}`]),
];
