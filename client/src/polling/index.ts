export { type PollingOptions, withPolling } from './fallback.ts';
