#!/usr/bin/env node
/** `serverless-im COMMAND`. Checks the Node version before it imports code that an older Node can't parse. */
const REQUIRED_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < REQUIRED_NODE_MAJOR) {
  const isRepository = import.meta.url.endsWith('.ts');
  console.error(
    `serverless-im needs Node ${REQUIRED_NODE_MAJOR} or later, but this is ${process.version}. ` +
      (isRepository
        ? 'Use the npm scripts, such as `npm start`, which bring their own.'
        : 'Install it from https://nodejs.org.'),
  );
  process.exitCode = 1;
} else {
  // A command's modules are compiled once, not at each call: it answers in two thirds of the time.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import('./serverless-im.ts');
  await main(process.argv.slice(2));
}

export {};
