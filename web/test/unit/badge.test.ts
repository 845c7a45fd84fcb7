import { describe, expect, it } from 'vitest';
import { badgeText } from '../../src/ui/badge.ts';

describe('the badge of a conversation', () => {
  it.each([
    [3, false, '3'],
    [3, true, '3+'],
    [99, false, '99'],
    [100, true, '99+'],
  ])('with %i unread messages (there may be more: %s) says %s (IM-INV-6)', (unread, isAtLeast, text) => {
    expect(badgeText(unread, isAtLeast)).toBe(text);
  });
});
