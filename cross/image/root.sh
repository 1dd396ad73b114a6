#!/bin/sh
# Makes the root file system and the beginning of the state partition from the base.
#
#   root.sh BASE DEB ROOT STATE CACHE        within foreign.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
base=$1
deb=$2
root=$3
state=$4
cache=$5

mkdir -p "$root" "$state"
tar -x -f "$base" -C "$root" --numeric-owner
# What an older package laid out may have been a link; files/root never is.
cp -R --no-preserve=ownership "$here/files/root/." "$root/"
# The name is given by files/init, for each board its own.
rm -f "$root/etc/hostname"
printf '127.0.0.1\tlocalhost sortd\n::1\tlocalhost\n' >"$root/etc/hosts"
mkdir -p "$root/boot/firmware" "$root/var/lib/sortd" "$root/etc/sortd" "$root/etc/wpa_supplicant"
"$here/modules.sh" "$root" "$cache"

within() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}
# Services are not started in here; systemctl and the packages see it by this.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$deb" "$root/tmp/sortd.deb"
within dpkg --install /tmp/sortd.deb || {
    echo "image: $deb does not install; where it names a missing package, add that to cross/image/packages.list" >&2
    exit 1
}
rm "$root/usr/sbin/policy-rc.d" "$root/tmp/sortd.deb"

# The configuration lies on the state partition, and a copy in the root for a state that is made anew.
mv "$root/etc/sortd/sortd.toml" "$root/usr/lib/sortd-image/sortd.toml"
ln -s /var/lib/sortd/sortd.toml "$root/etc/sortd/sortd.toml"
ln -s /var/lib/sortd/wifi/wpa_supplicant.conf "$root/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"
cp "$root/usr/lib/sortd-image/sortd.toml" "$state/sortd.toml"
chmod 644 "$state/sortd.toml" "$root/usr/lib/sortd-image/sortd.toml"
mkdir -m 755 "$state/systemd" "$state/models"
mkdir -m 700 "$state/wifi"
# The time of an image's making is the least that a Pi without a clock may believe.
mkdir -p "$state/systemd/timesync"
touch -d "@$SOURCE_DATE_EPOCH" "$state/systemd/timesync/clock"
chown -R "$(awk -F: '$1 == "systemd-timesync" { print $3 ":" $4 }' "$root/etc/passwd")" "$state/systemd/timesync"

# What systemd would make at each start and cannot, since the root is read only.
mkdir -p "$root/var/lib/dbus"
ln -sf /etc/machine-id "$root/var/lib/dbus/machine-id"
ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
# An empty identity is filled in memory at each start, since the root is read only.
: >"$root/etc/machine-id"
within systemctl --quiet enable sortd.service sortd-takeover.service sortd-grow.service sortd-tell-wait.service \
    systemd-networkd.service systemd-resolved.service systemd-timesyncd.service
# Not enabled as elsewhere, among the sockets, since it waits for the takeover.
within systemctl --quiet add-wants multi-user.target sortd-web-lan.socket
# Nobody logs in, and what these do would be written to the root.
within systemctl --quiet mask getty@tty1.service serial-getty@.service console-getty.service \
    systemd-networkd-wait-online.service dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer ldconfig.service systemd-update-done.service wpa_supplicant.service systemd-logind.service
within systemctl --quiet set-default multi-user.target
rm -rf "$root/var/cache/"* "$root/var/log/"* "$root/tmp/"* "$root/var/lib/apt" "$root/var/lib/sortd/"*
mkdir -m 700 "$root/var/cache/private"
