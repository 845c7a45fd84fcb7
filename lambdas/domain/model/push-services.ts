/**
 * The hosts of the push services of Chrome and other Chromiums, Firefox, Edge, and Safari. A star is one or more labels. We post to what
 * a user names, so only these: otherwise a user could make us call any address.
 */
const KNOWN = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '*.push.services.mozilla.com',
  '*.notify.windows.com',
  'web.push.apple.com',
  '*.push.apple.com',
];

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Whether it is a URL of a push service, by `https`. A loopback address needs none, for tests of the local runtime: a deployment can't
 * name one.
 * @param hosts more hosts
 */
export function isPushService(endpoint: string, hosts: readonly string[]): boolean {
  const url = URL.parse(endpoint);
  if (url === null || url.username + url.password !== '') return false;
  const { protocol, hostname, port } = url;
  if (LOOPBACK.includes(hostname)) return hosts.includes(hostname) && /^https?:$/.test(protocol);
  return protocol === 'https:' && port === '' && [...KNOWN, ...hosts].some((host) => matches(host, hostname));
}

function matches(host: string, hostname: string): boolean {
  return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host;
}
