import type { PageConfig } from '../config.ts';
import { Notice } from '../ui/notice.tsx';
import { DemoPerson } from './demo-person.tsx';
import './demo.css';

/** Two people in one page, each with a client of their own, and a switch for the network of each. */
export function Demo({ config }: { readonly config: PageConfig }) {
  const { auth } = config;
  if (auth.kind !== 'dev') {
    return (
      <Notice title="The demo needs the stack on your own machine" text="There anybody may be two people." />
    );
  }
  return (
    <main className="demo">
      <h1 className="visually-hidden">Two people side by side</h1>
      <DemoPerson config={config} auth={auth} userId="alice" peer="bob" />
      <DemoPerson config={config} auth={auth} userId="bob" peer="alice" />
    </main>
  );
}
