import './styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Button } from './ui/button.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { Notice } from './ui/notice.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary
      fallback={(reason) => (
        <Notice
          isAlert
          title="The page could not be shown"
          text={`This is a fault of the page. Your messages are safe. (${reason})`}
        >
          <Button kind="primary" onClick={() => location.reload()}>
            Reload the page
          </Button>
        </Notice>
      )}
    >
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
