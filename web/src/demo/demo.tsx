import type { PageConfig } from '../config.ts';
import { Notice } from '../ui/notice.tsx';
import { DemoPerson } from './demo-person.tsx';
import './demo.css';

/** Two people side by side, each with their own client and a switch for their network. */
export function Demo({ config }: { readonly config: PageConfig }) {
  const { auth } = config;
  if (auth.kind !== 'dev') {
    return (
      <Notice
        title="The demo runs only on a local stack"
        text="There you can sign in as two people at once."
      />
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
