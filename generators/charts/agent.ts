import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedAgent } from '../model/app-schema.ts';
import { probe } from './container.ts';
import { monitoring } from './monitoring.ts';
import { network } from './network.ts';
import { objectMeta, type Placement, selector } from './place.ts';
import { mainPort, podTemplate } from './pod.ts';
import { service } from './service.ts';
import { surroundings } from './surroundings.ts';

/** A program on every node: what every program has, a DaemonSet, and a Service where others call it. */
export class AgentChart extends Chart {
  constructor(scope: Construct, app: CheckedAgent, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const subject = { name: app.name, at };
    const port = mainPort(app);
    const readinessProbe = probe(app.ready, port, { periodSeconds: 5, timeoutSeconds: 2 });
    const livenessProbe = probe(app.live, port, { periodSeconds: 10, timeoutSeconds: 2 });
    new k8s.KubeDaemonSet(this, 'daemonset', {
      metadata: objectMeta(subject),
      spec: {
        selector: { matchLabels: selector(app.name) },
        template: podTemplate(app, subject, {
          main: { ...(readinessProbe ? { readinessProbe } : {}), ...(livenessProbe ? { livenessProbe } : {}) },
          // Every node is every node, also one that is kept for something else.
          pod: { tolerations: [{ operator: 'Exists' }] },
        }),
      },
    });
    service(this, app.port, subject);
    surroundings(this, app, subject);
    network(this, app, subject, false);
    monitoring(this, app, subject);
  }
}
