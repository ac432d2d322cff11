import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedJob } from '../model/app-schema.ts';
import { seconds } from '../model/environment.ts';
import { monitoring } from './monitoring.ts';
import { network } from './network.ts';
import { objectMeta, type Placement } from './place.ts';
import { podTemplate } from './pod.ts';
import { surroundings } from './surroundings.ts';

/** A program that runs to its end by the clock: what every program has, and a CronJob. */
export class JobChart extends Chart {
  constructor(scope: Construct, app: CheckedJob, at: Placement) {
    super(scope, app.name, { disableResourceNameHashes: true });
    const subject = { name: app.name, at };
    new k8s.KubeCronJob(this, 'cronjob', {
      metadata: objectMeta(subject),
      spec: {
        schedule: app.schedule,
        timeZone: app.timeZone,
        // A run that takes too long is not joined by the next.
        concurrencyPolicy: 'Forbid',
        jobTemplate: {
          spec: {
            activeDeadlineSeconds: seconds(app.deadline),
            backoffLimit: app.retries,
            template: podTemplate(app, subject, { pod: { restartPolicy: 'Never' } }),
          },
        },
      },
    });
    surroundings(this, app, subject);
    network(this, app, subject, false);
    monitoring(this, app, subject);
  }
}
