/**
 * Whether this device gets notifications of the user's messages.
 *
 * - `unsupported`: this browser has no Web Push (on iPhones it has it once the page is on the home screen), or this is no page.
 * - `unavailable`: the deployment has no notifications.
 * - `denied`: the browser asks no more. Only the user can change that, in the browser's settings of the site.
 * - `disabled`, `enabled`: as the user chose.
 */
export type PushState = 'unsupported' | 'unavailable' | 'denied' | 'disabled' | 'enabled';
