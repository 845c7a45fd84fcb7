import { expect, it } from 'vitest';
import { handler } from '../../../examples/profiles/handler.ts';

it('the example of a source of profiles answers for all users that it knows, at once', async () => {
  expect(await handler({ userIds: ['carol', 'nobody', 'alice'] })).toEqual({
    profiles: [
      { userId: 'carol', name: 'Carol Jensen', custom: { team: 'none' } },
      { userId: 'alice', name: 'Alice Moreau', custom: { team: 'Boats' } },
    ],
  });
});
