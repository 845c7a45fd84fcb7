import type { Group, GroupChanges } from '@serverless-im/client';
import { durationOf } from './slow-mode.ts';

const SLOW_MODES = [0, 10, 30, 60, 300, 900, 3_600];

export interface GroupRulesProps {
  readonly group: Group;
  onChange(rules: GroupChanges): void;
}

/** The rights of members who are no admins. */
export function GroupRules({ group, onChange }: GroupRulesProps) {
  const { posting, pins, slowModeSeconds } = group;
  return (
    <fieldset className="group-rules">
      <legend className="group-heading">Members may</legend>
      <label>
        <span>Write</span>
        <select
          value={posting}
          onChange={({ target }) => onChange({ posting: target.value === 'admins' ? 'admins' : 'everyone' })}
        >
          <option value="everyone">Everyone</option>
          <option value="admins">Only admins</option>
        </select>
      </label>
      <label>
        <span>Slow mode</span>
        <select
          value={slowModeSeconds}
          disabled={posting === 'admins'}
          onChange={({ target }) => onChange({ slowModeSeconds: Number(target.value) })}
        >
          {[...new Set([...SLOW_MODES, slowModeSeconds])]
            .toSorted((a, b) => a - b)
            .map((seconds) => (
              <option key={seconds} value={seconds}>
                {seconds === 0 ? 'Off' : `One message in ${durationOf(seconds)}`}
              </option>
            ))}
        </select>
      </label>
      <label>
        <span>Pin messages</span>
        <select
          value={pins}
          onChange={({ target }) => onChange({ pins: target.value === 'members' ? 'members' : 'admins' })}
        >
          <option value="admins">Only admins</option>
          <option value="members">Everyone</option>
        </select>
      </label>
    </fieldset>
  );
}
