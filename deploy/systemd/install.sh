#!/usr/bin/env bash
# Installs Roundhouse from this clone as services of systemd, or installs a newer version over an older one.
# Usage: install.sh hub|agent…    upgrades a part that is installed already; as root; needs Node 20 or later, npm, and systemd 247 or later
# ROOT=FOLDER installs into a folder instead, for a package or an image, and starts and asks nothing of this machine's systemd.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
clone=$(dirname "$(dirname "$here")")
root=${ROOT:-}

[ $# -gt 0 ] || { sed -n '3,4s/^# //p' "$0" >&2; exit 2; }
for part in "$@"; do
  case $part in hub | agent) ;; *) echo "'$part' is neither hub nor agent" >&2; exit 2 ;; esac
done
# All that is installed is of one version.
for part in hub agent; do
  case " $* " in *" $part "*) continue ;; esac
  [ ! -e "$root/etc/systemd/system/roundhouse-$part.service" ] || set -- "$@" "$part"
done
[ -n "$root" ] || [ "$(id -u)" = 0 ] || { echo 'only root may install services' >&2; exit 1; }

cd "$clone"
node --input-type=module -e "import { build, install, main } from './deploy/local/prepare.mjs';
  await main(async () => { await install(); await build(); });"

# The new version goes into a second folder. The old version takes over again if anything fails before the last step.
app=$root/opt/roundhouse
rm -rf "$app.new"
mkdir -p "$root/opt"
node deploy/assemble.mjs "$app.new" "$@"
chmod -R go+rX "$app.new"
rm -rf "$app.old"
[ ! -e "$app" ] || mv "$app" "$app.old"
mv "$app.new" "$app"
rm -rf "$app.old"
install -d "$root/usr/local/bin"
ln -sfn /opt/roundhouse/agent/bin/roundhouse.mjs "$root/usr/local/bin/roundhouse"

install -d -m 755 "$root/usr/lib/sysusers.d" "$root/etc/systemd/system"
install -d -m 700 "$root/etc/roundhouse"
install -m 644 "$here/roundhouse.sysusers" "$root/usr/lib/sysusers.d/roundhouse.conf"
for part in "$@"; do
  units=$here
  [ "$part" = hub ] || units=$clone/agent/systemd
  install -m 644 "$units/roundhouse-$part.service" "$root/etc/systemd/system/"
  # Settings that are there stay.
  [ -e "$root/etc/roundhouse/$part.yaml" ] || install -m 600 "$units/$part.yaml" "$root/etc/roundhouse/$part.yaml"
done
[ -z "$root" ] || exit 0

systemd-sysusers roundhouse.conf
systemctl daemon-reload
for part in "$@"; do
  systemctl try-restart "roundhouse-$part.service"
  systemctl is-active --quiet "roundhouse-$part.service" ||
    echo "Set it up in /etc/roundhouse/$part.yaml, then: systemctl enable --now roundhouse-$part"
done
