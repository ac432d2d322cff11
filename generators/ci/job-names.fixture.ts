/** The jobs of `.gitlab-ci.yml` that hold every change of code against the tests. */
export const check = ['words', 'lint', 'test: [1/3]', 'test: [2/3]', 'test: [3/3]'];

/** Those from what is built here to the requests. */
export const delivery = ['builds', 'images', 'render', 'publish', 'promote'];

/** Those of a service on `main`, without its name. */
export const image = [
  'find',
  'build: [amd64,saas-linux-small-amd64]',
  'build: [arm64,saas-linux-small-arm64]',
  'scan',
  'sign',
];

/** The jobs of the service here. */
export const counter = (jobs: readonly string[]) => jobs.map((job) => `counter: ${job}`);
