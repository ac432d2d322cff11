import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedWeb } from '../model/app-schema.ts';
import { monitoringOf } from '../model/environment.ts';
import { askedOf } from '../monitoring/probes.ts';
import { type Probe, probeAnnotations } from '../monitoring/scrape.ts';
import { deployment } from './deployment.ts';
import { hostsOf } from './hosts.ts';
import { ingressClass, loadBalancer } from './load-balancer.ts';
import { migration } from './migration.ts';
import { monitoring } from './monitoring.ts';
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
        metadata: objectMeta(subject, app.name, { ...loadBalancer(at.cluster, app), ...asked(app, at) }),
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
    monitoring(this, app, subject);
  }
}

/** What Prometheus reads on an Ingress: which paths are asked from outside. */
const asked = (app: CheckedWeb, { cluster }: Placement): Record<string, string> =>
  monitoringOf(cluster) === 'slipway'
    ? Object.fromEntries(Object.entries(askedOf(app)).map(([probe, path]) => [probeAnnotations[probe as Probe], path]))
    : {};
