#!/bin/sh
# Installs the Roundhouse agent @VERSION@ of this hub as a service of systemd, or upgrades it. Run it as root:
#   curl -fsSL @ORIGIN@/install/agent.sh | sh -s -- --token TOKEN
#   curl -fsSL @ORIGIN@/install/agent.sh | sh -s -- --uninstall
# Options: --token TOKEN   the join token, for the first installation
#          --hub HOST:PORT the hub's address for agents (default: @HUB@)
#          --uninstall     removes the service and the program; settings and data stay
# On a machine without systemd it prints the commands that run the agent by hand.
# ROOT=FOLDER installs into a folder, for an image or a package, and leaves this machine's systemd alone.
set -eu
package='@ORIGIN@/install/@FILE@'
manual=https://github.com/roundhouse/roundhouse/blob/main/docs/operate/deploy.md#an-agent-at-a-site

fail() {
  echo "agent.sh: $1" >&2
  exit 1
}

# The whole script is read before any of it runs.
main() {
  token='' hub='@HUB@' uninstall=''
  while [ $# -gt 0 ]; do
    case $1 in
      --token) [ $# -gt 1 ] || fail '--token needs a value'; token=$2; shift ;;
      --hub) [ $# -gt 1 ] || fail '--hub needs a value: HOST:PORT'; hub=$2; shift ;;
      --uninstall) uninstall=yes ;;
      *) fail "unknown option $1: expected --token, --hub or --uninstall" ;;
    esac
    shift
  done
  case $token in *[!A-Za-z0-9._~+/=-]*) fail '--token has characters that no join token has' ;; esac
  case $hub in *[!][A-Za-z0-9.:_-]*) fail '--hub is not HOST:PORT' ;; esac
  case $hub in ?*:*) ;; *) fail '--hub is not HOST:PORT' ;; esac
  case ${hub##*:} in '' | *[!0-9]*) fail '--hub is not HOST:PORT' ;; esac
  root=${ROOT:-}
  app=$root/opt/roundhouse-agent
  unit=$root/etc/systemd/system/roundhouse-agent.service
  settings=$root/etc/roundhouse/agent.yaml
  # In a container the command systemctl can be there without systemd. This folder is there only if systemd runs.
  [ -n "$root$uninstall" ] || [ -d /run/systemd/system ] ||
    fail "systemd does not run on this machine, so the agent cannot be installed as a service.
On @PLATFORM@ with node @NODE@ or later, run it by hand, as any user and without sudo:

mkdir -p roundhouse-agent
(umask 077; echo ${token:-TOKEN} > roundhouse-agent/token)
curl -fsSL -o roundhouse-agent/agent.tgz $package
echo '@SHA256@  roundhouse-agent/agent.tgz' | sha256sum -c && tar -xzf roundhouse-agent/agent.tgz -C roundhouse-agent
node roundhouse-agent/agent/bin/roundhouse-agent.mjs --hub $hub --token-file roundhouse-agent/token --data roundhouse-agent/data

On another platform, run it in a clone or in a container: $manual"
  [ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'only root may install a service: run it with sudo'

  if [ -n "$uninstall" ]; then
    [ -n "$root" ] || systemctl disable --now roundhouse-agent.service 2>/dev/null || true
    rm -rf "$app" "$unit"
    [ -n "$root" ] || systemctl daemon-reload 2>/dev/null || true
    echo 'The agent is removed. Its settings stay in /etc/roundhouse, its data in /var/lib/roundhouse-agent.'
    return
  fi

  for program in curl tar sha256sum node; do
    command -v "$program" >/dev/null || fail "$program is missing; install it first (node: version @NODE@ or later)"
  done
  platform=$(node -p 'process.platform + "-" + process.arch')
  [ "$platform" = '@PLATFORM@' ] || fail "this hub has the agent for @PLATFORM@, and this machine is $platform: run it in a clone or in a container, $manual"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number), [c, d] = process.argv[1].split(".").map(Number);
    process.exit(a > c || (a === c && b >= d) ? 0 : 1)' '@NODE@' || fail "node $(node --version) is too old: @NODE@ or later is needed"
  [ -n "$token" ] || [ -e "$settings" ] || fail 'the first installation needs --token: make one with `roundhouse token create --site SITE`'

  # Beside the old one, which stays if anything fails.
  mkdir -p "$root/opt"
  new=$(mktemp -d "$root/opt/roundhouse-agent.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  curl -fsSL -o "$new/agent.tgz" "$package"
  echo "@SHA256@  $new/agent.tgz" | sha256sum -c --status || fail 'the downloaded agent is damaged: its SHA-256 is wrong'
  tar -xzf "$new/agent.tgz" -C "$new"
  rm "$new/agent.tgz"
  chmod -R go+rX "$new"
  rm -rf "$app.old"
  [ ! -e "$app" ] || mv "$app" "$app.old"
  mv "$new" "$app"
  rm -rf "$app.old"

  install -d -m 755 "$root/etc/systemd/system" "$root/usr/local/bin"
  install -d -m 700 "$root/etc/roundhouse"
  ln -sfn /opt/roundhouse-agent/agent/bin/roundhouse-agent.mjs "$root/usr/local/bin/roundhouse-agent"
  sed "s|^ExecStart=/usr/local/bin/roundhouse agent |ExecStart=/usr/local/bin/roundhouse-agent |" \
    "$app/agent/systemd/roundhouse-agent.service" >"$unit"
  # Settings that are there stay; only root can read them.
  if [ ! -e "$settings" ]; then
    (umask 077; printf 'hub: "%s"\ntoken: "%s"\n' "$hub" "$token" >"$settings")
  fi
  [ -z "$root" ] || return 0

  id roundhouse-agent >/dev/null 2>&1 ||
    useradd --system --home-dir /var/lib/roundhouse-agent --shell /usr/sbin/nologin --user-group roundhouse-agent
  systemctl daemon-reload
  systemctl enable roundhouse-agent.service
  systemctl restart roundhouse-agent.service
  echo 'The agent @VERSION@ runs. Its log: journalctl -u roundhouse-agent -f'
}

main "$@"
