/** `npm start`. Nothing is imported before it is known that this Node can. */
const REQUIRED_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < REQUIRED_NODE_MAJOR) {
  console.error(
    `This needs Node ${REQUIRED_NODE_MAJOR}, and this is ${process.version}: run \`npm start\`, which brings its own.`,
  );
  process.exitCode = 1;
} else {
  // Lambda's clock is UTC, and a worker thread has no time zone of its own.
  process.env['TZ'] = 'UTC';
  const { main } = await import('./cli.ts');
  await main(process.argv.slice(2));
}

export {};
