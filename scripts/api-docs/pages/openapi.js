// Shows openapi.json, and gives its requests a token of the dev issuer, as the chat's own page gets one.

/** The operator's requests are signed, which a browser can't do: see `serverless-im admin`. */
const onlyUsersRoutes = () => ({
  statePlugins: {
    spec: { wrapSelectors: { allowTryItOutFor: () => (_, path) => !path.startsWith('/admin/') } },
  },
});

const html = document.documentElement;
const isDark = matchMedia('(prefers-color-scheme: dark)');
const paint = () => html.classList.toggle('dark-mode', isDark.matches);
isDark.addEventListener('change', paint);
paint();

const said = document.querySelector('#said');
const form = document.querySelector('#user');
const { auth } = await (await fetch('/config.json')).json();

const ui = SwaggerUIBundle({
  url: '/docs/openapi.json',
  dom_id: '#viewer',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayOperationId: true,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  // Else it asks a service on the Internet whether the document is valid.
  validatorUrl: null,
  plugins: [onlyUsersRoutes],
  onComplete: () => authorize(),
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void authorize();
});

async function authorize() {
  const { userId, agent } = Object.fromEntries(new FormData(form));
  const roles = agent === undefined ? [] : ['agent', 'supervisor'];
  const response = await fetch(auth.tokenUrl, { method: 'POST', body: JSON.stringify({ userId, roles }) });
  const { token, message } = await response.json();
  if (token !== undefined) ui.preauthorizeApiKey('userToken', token);
  said.value = token === undefined ? message : `Requests are ${userId}’s for a day.`;
}
