/** `npm start`. Checks the Node version before it imports code that an older Node can't parse. */
const REQUIRED_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < REQUIRED_NODE_MAJOR) {
  console.error(
    `serverless-im needs Node ${REQUIRED_NODE_MAJOR}, but this is ${process.version}. Run \`npm start\`, which brings its own.`,
  );
  process.exitCode = 1;
} else {
  // The data files hold messages and the issuer's key: nobody else on this machine may read them.
  process.umask(0o077);
  // Lambda runs in UTC, and worker threads share the time zone of the process.
  process.env['TZ'] = 'UTC';
  const { main } = await import('./cli.ts');
  await main(process.argv.slice(2));
}

export {};
