import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { CheckedWorker } from '../model/app-schema.ts';
import { deployment } from './deployment.ts';
import { migration } from './migration.ts';
import { monitoring } from './monitoring.ts';
import { network } from './network.ts';
import type { Placement } from './place.ts';
import { service } from './service.ts';
import { surroundings } from './surroundings.ts';

/** A program that runs all the time: what every program has, a Deployment, and a Service where others call it. */
export class WorkerChart extends Chart {
  constructor(scope: Construct, app: CheckedWorker, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const subject = { name: app.name, at };
    deployment(this, app, subject);
    service(this, app.port, subject);
    surroundings(this, app, subject);
    network(this, app, subject, false);
    monitoring(this, app, subject);
    migration(this, app, subject);
  }
}
