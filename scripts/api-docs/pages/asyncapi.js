// Shows asyncapi.json without AsyncAPI's parser, which takes seconds to validate what a test has validated. So this does what is
// left of a parser's work: references become objects, and objects know their names.

const document_ = await (await fetch('/docs/asyncapi.json')).json();

const isObject = (value) => typeof value === 'object' && value !== null;

function resolve(value) {
  for (const [key, part] of Object.entries(value)) {
    if (!isObject(part)) continue;
    if (typeof part.$ref === 'string') value[key] = at(part.$ref);
    else resolve(part);
  }
}

/** A path of references may go through other references. */
function at(ref) {
  let found = document_;
  for (const name of ref.slice(2).split('/')) {
    found = found[name];
    while (typeof found.$ref === 'string') found = at(found.$ref);
  }
  return found;
}

function name(objects, key) {
  for (const [id, object] of Object.entries(objects)) object[key] ??= id;
}

const { channels, operations, components } = document_;
resolve(document_);
name(channels, 'x-parser-unique-object-id');
name(operations, 'x-parser-unique-object-id');
name(components.messages, 'x-parser-unique-object-id');
name(components.schemas, 'x-parser-schema-id');
// The viewer repeats what a channel says of itself at each of its operations: once is enough.
for (const channel of Object.values(channels)) {
  document_.info.description += `\n\n## ${channel.title}\n\n${channel.description}`;
  delete channel.description;
}
// And at each reply all messages of the channel, which would be nine tenths of the page.
for (const { reply } of Object.values(operations))
  if (reply !== undefined) reply.channel = { ...reply.channel, messages: {} };
document_['x-parser-spec-parsed'] = true;
document_['x-parser-api-version'] = 3;

AsyncApiStandalone.render(
  // Each message is at its operation already.
  {
    schema: document_,
    config: { show: { errors: false, messages: false }, sidebar: { showOperations: 'byDefault' } },
  },
  document.querySelector('#viewer'),
);
