import { cookies } from 'next/headers';

/**
 * The signed-in user. This example accepts any name that is typed: put your own session here, such as that of Auth.js or
 * Clerk.
 */
export async function signedInUser(): Promise<string | undefined> {
  return (await cookies()).get('user')?.value;
}

export async function signIn(form: FormData): Promise<void> {
  'use server';
  const name = String(form.get('name'));
  (await cookies()).set('user', name, { httpOnly: true, sameSite: 'lax' });
}
