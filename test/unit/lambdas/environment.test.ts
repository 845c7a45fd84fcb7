import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasEnv, list, readEnv } from '../../../lambdas/shared/env.ts';
import { lazily } from '../../../lambdas/shared/lazily.ts';

beforeEach(() => {
  vi.stubEnv('ISSUER', 'https://issuer.example');
  vi.stubEnv('AUDIENCE', undefined);
  vi.stubEnv('JWKS_URI', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the environment', () => {
  it('is read by name', () => {
    expect(readEnv(['issuer'])).toEqual({ issuer: 'https://issuer.example' });
    expect([hasEnv('issuer'), hasEnv('audience')]).toEqual([true, false]);
  });

  it('reports all missing variables at once', () => {
    expect(() => readEnv(['issuer', 'audience', 'jwksUri'])).toThrow(/: AUDIENCE, JWKS_URI$/);
  });

  it.each(['-1', '1.5', '1e3', ' 1', '1 ', ''])('refuses %j as a number', (text) => {
    vi.stubEnv('LEASE_SECONDS', text);
    vi.stubEnv('IDLE_TIMEOUT_MS', text);
    expect(() => readEnv(['issuer', 'leaseSeconds', 'idleTimeoutMs'])).toThrow(
      /: LEASE_SECONDS, IDLE_TIMEOUT_MS$/,
    );
  });

  it('accepts whole numbers', () => {
    vi.stubEnv('LEASE_SECONDS', '90');
    expect(readEnv(['leaseSeconds'])).toEqual({ leaseSeconds: '90' });
  });

  it('splits a list at commas and drops empty parts', () => {
    expect(list(' a, b,,c ,')).toEqual(['a', 'b', 'c']);
  });
});

describe('a lazy object', () => {
  it('creates a property when it is first read, and lists it', () => {
    const get = vi.fn(() => 7);
    const ports = lazily({ port: { env: ['issuer'], get } });
    expect(get).not.toHaveBeenCalled();
    expect(ports.port).toBe(7);
    expect(Object.keys(ports)).toEqual(['port']);
  });

  it('reports each missing variable of all its properties once', () => {
    const makers = {
      one: { env: ['audience'], get: () => 1 },
      two: { env: ['audience', 'jwksUri'], get: () => 2 },
    } as const;
    expect(() => lazily(makers)).toThrow(/: AUDIENCE, JWKS_URI$/);
  });
});
