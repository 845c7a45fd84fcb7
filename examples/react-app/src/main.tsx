import { createRoot } from 'react-dom/client';
import { Chat } from './chat.tsx';
import { connectAs } from './connect.ts';
import './style.css';

const me = new URLSearchParams(location.search).get('me');

/** In production: your own sign-in. */
function SignIn() {
  return (
    <form className="sign-in">
      <h1>A chat in React</h1>
      <input
        name="me"
        aria-label="Your name"
        placeholder="Your name"
        pattern="[\w.@\|+=\-]+"
        title="Letters, digits, and _ . @ | + = -"
        required
      />
      <button type="submit">Sign in</button>
    </form>
  );
}

const root = createRoot(document.getElementById('root') as HTMLElement);
root.render(me ? <Chat im={connectAs(me)} me={me} /> : <SignIn />);
