import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Refusal } from './refusal.ts';
import { parseCommand, serviceProgram } from './service.ts';
import { portOf } from './side.ts';

test('a start command is read as a program, its arguments and its environment', () => {
  const node = process.execPath;
  assert.deepEqual(parseCommand('node server.ts'), { command: node, args: ['server.ts'], env: {} });
  assert.deepEqual(parseCommand('UV_THREADPOOL_SIZE=1 A=b=c node --max-semi-space-size=4 server.ts'), {
    command: node,
    args: ['--max-semi-space-size=4', 'server.ts'],
    env: { UV_THREADPOOL_SIZE: '1', A: 'b=c' },
  });
  assert.deepEqual(parseCommand('./start x').command, './start');
});

test('a start command that needs a shell is refused', () => {
  for (const line of ['', 'node a.ts && node b.ts', 'node "a b.ts"', 'node $FILE', 'node *.ts'])
    assert.throws(() => parseCommand(line), Refusal, line);
});

test('what is measured is what the image runs, on a free port of loopback', () => {
  const file = (name: string) => readFileSync(`${import.meta.dirname}/../${name}`, 'utf8');
  const inImage: string[] = JSON.parse(/^CMD (.*)$/m.exec(file('Dockerfile'))?.[1] ?? '[]');
  const { command, args, env } = serviceProgram('/built', { REDIS_URL: 'redis://127.0.0.1:1' });
  assert.equal(command, process.execPath);
  assert.deepEqual(
    args.map((argument) => argument.replace('/built/', '')),
    inImage,
  );
  assert.ok(args.includes('/built/server.cjs'));
  assert.deepEqual(
    { HOST: env.HOST, PORT: env.PORT, REDIS_URL: env.REDIS_URL },
    { HOST: '127.0.0.1', PORT: '0', REDIS_URL: 'redis://127.0.0.1:1' },
  );
});

test('the port stands in the line that says it listens, and in no other', () => {
  assert.equal(portOf('{"level":"info","message":"Listening.","host":"127.0.0.1","port":39555}'), 39_555);
  assert.equal(portOf('{"level":"info","message":"Redis is connected."}'), undefined);
  assert.equal(portOf('(node:1) Warning: port 3000'), undefined);
});
