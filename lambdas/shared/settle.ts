/**
 * `Promise.all`, but it waits for every promise before it throws the first failure in the given order: a call that is
 * left under way freezes with the function and goes on in somebody else's invocation.
 */
export async function settleAll<const Values extends readonly unknown[]>(
  values: Values,
): Promise<{ -readonly [Key in keyof Values]: Awaited<Values[Key]> }> {
  const results = await Promise.allSettled(values);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [Key in keyof Values]: Awaited<Values[Key]>;
  };
}
