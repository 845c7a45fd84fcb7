import './styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { keepPageOnDrop } from './files/transfer.ts';
import { Button } from './ui/button.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { Notice } from './ui/notice.tsx';
import { t, takeTexts } from './ui/texts.ts';
import { viewAt } from './view.ts';

if (viewAt(location) === 'widget') takeTexts();
keepPageOnDrop();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary
      fallback={(reason) => (
        <Notice
          isAlert
          title={t('The page could not be shown')}
          text={t('This is a fault of the page. Your messages are safe. ({reason})', { reason })}
        >
          <Button kind="primary" onClick={() => location.reload()}>
            {t('Reload the page')}
          </Button>
        </Notice>
      )}
    >
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
