import { type Client, ImError, type NewProfile, type Profile, RefusedError } from '@serverless-im/client';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { LIMITS } from '../../../protocol/limits.ts';
import { reasonOf } from '../messages/reasons.ts';
import { NotificationSettings } from '../notifications/notification-settings.tsx';
import { useCanNotify } from '../notifications/use-notifications.ts';
import { useIm } from '../session/client-context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Notice } from '../ui/notice.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { useSince } from '../ui/use-since.ts';
import './people.css';

/** A picture is looked for once the address has not changed for this long: no half of an address is asked for. */
const PAUSE_MS = 500;

/** The user's own name and picture. */
export function OwnProfile({ onClose }: { onClose(): void }) {
  const im = useIm();
  const { profile, error } = useOwnProfile(im);
  const canNotify = useCanNotify();
  return (
    <Dialog title="Your profile" onClose={onClose}>
      {error !== undefined && <FormError text={error} />}
      {profile === undefined && error === undefined && <Notice title="Loading…" isBusy />}
      {profile !== undefined && <ProfileForm profile={profile} onClose={onClose} />}
      {canNotify && <NotificationSettings />}
    </Dialog>
  );
}

function useOwnProfile(im: Client) {
  const [profile, setProfile] = useState<Profile | null>();
  const { error, attempt } = useAttempt(reasonOf);
  useEffect(() => attempt(im.profile.get(), setProfile), [im, attempt]);
  return { profile, error };
}

interface ProfileFormProps {
  readonly profile: Profile | null;
  onClose(): void;
}

function ProfileForm({ profile, onClose }: ProfileFormProps) {
  const im = useIm();
  const { userId = '' } = im;
  const [name, setName] = useState(profile?.name ?? '');
  const [avatar, setAvatar] = useState(profile?.avatar ?? '');
  const [isBroken, setIsBroken] = useState(false);
  const { error, attempt, forget } = useAttempt(reasonOfProfile);
  const field = useRef<HTMLInputElement>(null);
  // The dialog was empty when it opened.
  useEffect(() => field.current?.focus(), []);
  const url = avatar.trim();
  const isHttps = /^https:\/\/./i.test(url);
  const isSettled = useSince(isHttps, PAUSE_MS, url) || url === profile?.avatar;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // The server replaces the whole profile.
    const custom = profile?.custom && { custom: profile.custom };
    const changed: NewProfile = { ...fieldOf('name', name), ...fieldOf('avatar', avatar), ...custom };
    attempt(im.profile.set(changed), onClose);
  };
  return (
    <form className="form" onSubmit={submit} onChange={forget} noValidate>
      <div className="profile-preview">
        <Avatar
          name={name.trim() || userId}
          colorOf={userId}
          picture={isHttps && isSettled ? url : undefined}
          onPicture={(isShown) => setIsBroken(!isShown)}
        />
        <p>
          <bdi className="profile-name">{name.trim() || userId}</bdi>
          <small>Everybody here can see your name and picture.</small>
        </p>
      </div>
      <label className="field">
        <span>Name</span>
        <input
          ref={field}
          value={name}
          onChange={(event) => setName(event.target.value)}
          placeholder={userId}
          maxLength={LIMITS.personNameChars}
          autoComplete="name"
          dir="auto"
        />
      </label>
      <label className="field">
        <span>Address of a picture</span>
        <input
          value={avatar}
          onChange={(event) => {
            setAvatar(event.target.value);
            setIsBroken(false);
          }}
          placeholder="https://…"
          maxLength={LIMITS.avatarChars}
          inputMode="url"
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
          aria-describedby="picture-hint"
        />
        <small id="picture-hint" role="status">
          {hintFor(url, isHttps, isBroken)}
        </small>
      </label>
      <FormError text={error} />
      <div className="form-actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit">
          Save
        </Button>
      </div>
    </form>
  );
}

function hintFor(url: string, isHttps: boolean, isBroken: boolean): string {
  if (url !== '' && !isHttps) return 'The address starts with https://.';
  return isBroken ? 'There is no picture at this address.' : 'Its host sees who looks at it.';
}

function fieldOf(field: 'name' | 'avatar', text: string): NewProfile {
  return text.trim() === '' ? {} : { [field]: text.trim() };
}

function reasonOfProfile(error: unknown): string {
  if (error instanceof RefusedError && error.issues.some(({ path }) => path === 'name'))
    return 'This name can’t be used. It needs a letter or another sign, and no line breaks.';
  if (error instanceof RefusedError && error.issues.some(({ path }) => path === 'avatar'))
    return 'The picture needs an address that starts with https://, without a password.';
  return error instanceof ImError ? reasonOf(error) : 'That did not work.';
}
