import { job, type ObjectPolicy, object } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup';

export const jobs: readonly ObjectPolicy[] = [
  {
    id: 'job-deadline',
    says: 'A job must have a deadline (activeDeadlineSeconds), or one that hangs is never seen.',
    source,
    target: 'job',
    field: 'activeDeadlineSeconds',
    cel: 'has(job.activeDeadlineSeconds)',
    passes: [job({ activeDeadlineSeconds: 60 })],
    fails: [job({ activeDeadlineSeconds: undefined })],
  },
  {
    id: 'job-backoff',
    says: 'A job must say how often it is tried again (backoffLimit).',
    source,
    target: 'job',
    field: 'backoffLimit',
    cel: 'has(job.backoffLimit)',
    // The API server fills in 6.
    admission: false,
    passes: [job({ backoffLimit: 0 })],
    fails: [job({ backoffLimit: undefined })],
  },
  {
    id: 'job-restart',
    says: 'The pods of a job must end: restartPolicy is Never or OnFailure.',
    source,
    target: 'job',
    field: 'template.spec.restartPolicy',
    cel: 'job.template.spec.?restartPolicy.orValue("Always") in ["Never", "OnFailure"]',
    passes: [job({ 'template.spec.restartPolicy': 'OnFailure' })],
    fails: [job({ 'template.spec.restartPolicy': undefined }), job({ 'template.spec.restartPolicy': 'Always' })],
  },
  {
    id: 'cron-concurrency',
    says: 'A scheduled job must say what happens when the last run has not ended (concurrencyPolicy).',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy',
    target: { kinds: ['batch/CronJob'] },
    field: 'spec.concurrencyPolicy',
    cel: 'has(object.spec.concurrencyPolicy)',
    // The API server fills in Allow.
    admission: false,
    passes: [object('CronJob/backup', { 'spec.concurrencyPolicy': 'Replace' })],
    fails: [object('CronJob/backup', { 'spec.concurrencyPolicy': undefined })],
  },
];
