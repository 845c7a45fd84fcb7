import { Chat } from './chat.tsx';
import { signedInUser, signIn } from './session.ts';

export default async function Page() {
  const me = await signedInUser();
  if (me === undefined)
    return (
      <form action={signIn} className="sign-in">
        <h1>A chat in Next.js</h1>
        <input
          name="name"
          aria-label="Your name"
          placeholder="Your name"
          pattern="[\w.@\|+=\-]+"
          title="Letters, digits, and _ . @ | + = -"
          required
        />
        <button type="submit">Sign in</button>
      </form>
    );
  // Read when the page is asked for, so that one build serves any deployment.
  const { CHAT_WS_URL = 'ws://127.0.0.1:8787/prod', CHAT_HTTP_URL = 'http://127.0.0.1:8787' } = process.env;
  return <Chat me={me} wsUrl={CHAT_WS_URL} httpUrl={CHAT_HTTP_URL} />;
}
