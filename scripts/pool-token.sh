#!/bin/sh
# Prints an access token of a user in the stack's own user pool, and creates the user if there is none: for tests, since it
# sets a new password each time. Groups are the user's roles (IM-ROLE). Needs the AWS CLI and its credentials.
set -eu
if [ $# -lt 3 ]; then
  echo "Usage: sh scripts/pool-token.sh POOL_ID CLIENT_ID USER [GROUP...]" >&2
  exit 2
fi
pool=$1 client=$2 user=$3
shift 3

# Runs the command without its output. That something exists already is fine.
ensure() {
  message=$("$@" 2>&1 >/dev/null) || case $message in
    *UsernameExistsException* | *GroupExistsException*) ;;
    *)
      echo "$message" >&2
      exit 1
      ;;
  esac
}

password="Aa1!$(openssl rand -hex 16)"
ensure aws cognito-idp admin-create-user --user-pool-id "$pool" --username "$user" --message-action SUPPRESS
ensure aws cognito-idp admin-set-user-password --user-pool-id "$pool" --username "$user" --password "$password" --permanent
for group in "$@"; do
  ensure aws cognito-idp create-group --user-pool-id "$pool" --group-name "$group"
  ensure aws cognito-idp admin-add-user-to-group --user-pool-id "$pool" --username "$user" --group-name "$group"
done
aws cognito-idp admin-initiate-auth --user-pool-id "$pool" --client-id "$client" --auth-flow ADMIN_USER_PASSWORD_AUTH --output text \
  --auth-parameters "USERNAME=$user,PASSWORD=$password" --query AuthenticationResult.AccessToken
