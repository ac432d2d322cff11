import type { CheckedJob } from '../model/app-schema.ts';
import { seconds } from '../model/environment.ts';
import { longestGap } from '../model/schedule.ts';
import { type About, alert } from './alert.ts';
import { podsOf } from './pod-alerts.ts';
import { type AlertRule, quoted } from './rule.ts';

/** What runs by the clock: whether it ran, and whether it came to a good end. */
export function jobAlerts(app: CheckedJob, about: About): AlertRule[] {
  const { namespace, app: name } = about;
  const cron = `{namespace=${quoted(namespace)},cronjob=${quoted(name)}}`;
  const jobs = `namespace=${quoted(namespace)},job_name=~${quoted(`${name}-[0-9]+`)}`;
  const succeeded = `max(kube_cronjob_status_last_successful_time${cron})`;
  const look = `kubectl --namespace ${namespace} get jobs, and the log of the pods of the last one (${podsOf(app)}).`;
  const gap = longestGap(app.schedule);
  return [
    alert(about, {
      name: 'JobFails',
      // The last one that failed stays to be looked at, also when a later one succeeds.
      expr: `max(kube_job_status_start_time{${jobs}} and on (job_name) kube_job_failed{${jobs},condition="true"} == 1) > (${succeeded} or vector(0))`,
      severity: 'ticket',
      summary: `The last run of ${name} in ${namespace} failed.`,
      look,
    }),
    ...(gap === undefined
      ? []
      : [
          alert(about, {
            name: 'JobMissing',
            // The clocks are set back one night of the year.
            expr: `time() - (${succeeded} or max(kube_cronjob_created${cron})) > ${gap + seconds(app.deadline) + 3600}`,
            for: '5m',
            severity: 'ticket',
            summary: `${name} in ${namespace} has not succeeded for {{ $value | humanizeDuration }}.`,
            look: `${look} Whether the CronJob is suspended, or nothing had room to run.`,
          }),
        ]),
  ];
}
