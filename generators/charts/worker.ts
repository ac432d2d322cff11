import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedWorker } from '../model/app-schema.ts';
import { deployment } from './deployment.ts';
import { migration } from './migration.ts';
import { network } from './network.ts';
import { objectMeta, type Placement, selector } from './place.ts';
import { surroundings } from './surroundings.ts';

/** A program that runs all the time: what every program has, a Deployment, and a Service where others call it. */
export class WorkerChart extends Chart {
  constructor(scope: Construct, app: CheckedWorker, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const subject = { name: app.name, at };
    deployment(this, app, subject);
    if (app.port !== undefined)
      new k8s.KubeService(this, 'service', {
        metadata: objectMeta(subject),
        spec: {
          selector: selector(app.name),
          ports: [{ name: 'main', port: app.port, targetPort: k8s.IntOrString.fromString('main') }],
        },
      });
    surroundings(this, app, subject);
    network(this, app, subject, false);
    migration(this, app, subject);
  }
}
