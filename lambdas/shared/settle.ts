/**
 * Like `Promise.all`, but waits for every promise before it throws the first failure, in the given order. Lambda freezes
 * a call that is still running when the function returns, and resumes it during another invocation.
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
