import type { DeskAgent, Readiness } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { useDeskIm } from './desk-client.ts';
import { useAgentState } from './use-me.ts';
import { wordsOf } from './words.ts';

const CAPACITIES = [1, 2, 3, 5, 10];
const FIRST_CAPACITY = 2;

/** @param queues the names of all queues */
export function ReadySwitch({ queues: all }: { readonly queues: readonly string[] }) {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const agent = useAgentState();
  /** The agent's choice, until the desk has it. */
  const [chosen, setChosen] = useState<Readiness>();
  const { error, attempt } = useAttempt(wordsOf);
  const isReady = agent?.status === 'ready';
  const wanted = chosen ?? readinessOf(agent, all);
  const isOff = current !== 'connected' || agent === undefined;
  const takeChats = (readiness: Readiness) => {
    // Shown at once, and undone if the desk refuses it.
    setChosen(readiness);
    attempt(im.agent.ready(readiness).finally(() => setChosen(undefined)));
  };
  const choose = (readiness: Readiness) => (isReady ? takeChats(readiness) : setChosen(readiness));
  return (
    <div className="desk-ready">
      <p className={isReady ? 'desk-status is-ready' : 'desk-status'} role="status">
        {agent && statusOf(agent)}
      </p>
      {all.length > 1 && (
        <QueueChoice
          all={all}
          isOff={isOff}
          chosen={wanted.queues}
          onChoose={(queues) => choose({ ...wanted, queues })}
        />
      )}
      <div className="desk-ready-row">
        <label>
          At a time{' '}
          <select
            value={wanted.capacity}
            disabled={isOff}
            onChange={({ target }) => choose({ ...wanted, capacity: Number(target.value) })}
          >
            {[...new Set([...CAPACITIES, wanted.capacity])].map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <Button
          kind={isReady ? 'plain' : 'primary'}
          disabled={isOff}
          onClick={() => (isReady ? attempt(im.agent.away()) : takeChats(wanted))}
        >
          {isReady ? 'Take a break' : 'Take chats'}
        </Button>
      </div>
      <FormError text={error} />
    </div>
  );
}

interface QueueChoiceProps {
  readonly all: readonly string[];
  readonly chosen: readonly string[];
  readonly isOff: boolean;
  onChoose(queues: readonly string[]): void;
}

/** At least one stays chosen: the desk knows no agent without a queue. */
function QueueChoice({ all, chosen, isOff, onChoose }: QueueChoiceProps) {
  return (
    <fieldset className="desk-queue-choice" disabled={isOff}>
      <legend>Queues</legend>
      {all.map((queue) => {
        const isChosen = chosen.includes(queue);
        const next = all.filter((one) => (one === queue ? !isChosen : chosen.includes(one)));
        return (
          <label key={queue} className="choice">
            <input
              type="checkbox"
              checked={isChosen}
              disabled={next.length === 0}
              onChange={() => onChoose(next)}
            />
            <bdi>{queue}</bdi>
          </label>
        );
      })}
    </fieldset>
  );
}

/** As it was last time; at first all queues. */
function readinessOf(agent: DeskAgent | undefined, all: readonly string[]): Readiness {
  const queues = all.filter((queue) => agent?.queues.includes(queue));
  return {
    queues: queues.length === 0 ? all : queues,
    capacity: agent?.capacity || FIRST_CAPACITY,
  };
}

function statusOf({ status, active, capacity }: DeskAgent): string {
  if (status === 'ready') return `Ready for new chats · ${active} of ${capacity}`;
  if (status === 'offline') return 'No new chats: you were disconnected for too long';
  return 'Away: no new chats';
}
