#!/bin/sh
# `make install`: puts what was built where the Debian package puts it (Cargo.toml, [package.metadata.deb]),
# without dpkg: `install.sh TARGET_DIR`, with DESTDIR and PREFIX in the environment.
#
# A configuration that is there is kept. Nothing is enabled.
set -eu
cd "$(dirname "$0")/.."
built=$1
manuals=$built/manuals
prefix=${PREFIX:-/usr}
usr=$DESTDIR$prefix

[ -x "$built/release/sortd" ] && [ -e "$manuals/sortd.1.gz" ] && [ -e "$manuals/third-party.gz" ] || {
    echo "install: nothing is built yet; run \`make build\` first, without sudo" >&2
    exit 1
}

put() { # FILE PLACE
    install -D -m 644 "$1" "$2"
    echo "$2"
}
install -D -m 755 "$built/release/sortd" "$usr/bin/sortd"
echo "$usr/bin/sortd"
for unit in sortd.service sortd-control.socket sortd-watch.socket sortd-takeover.service sortd-web.service \
    sortd-web.socket sortd-web-lan.socket; do
    put "systemd/$unit" "$usr/lib/systemd/system/$unit"
    # The units name the program by its place.
    sed -i "s#/usr/bin/sortd#$prefix/bin/sortd#" "$usr/lib/systemd/system/$unit"
done
put systemd/60-sortd.rules "$usr/lib/udev/rules.d/60-sortd.rules"
put systemd/sortd.sysusers "$usr/lib/sysusers.d/sortd.conf"
put systemd/sortd.tmpfiles "$usr/lib/tmpfiles.d/sortd.conf"
put "$manuals/sortd.1.gz" "$usr/share/man/man1/sortd.1.gz"
put "$manuals/sortd.toml.5.gz" "$usr/share/man/man5/sortd.toml.5.gz"
put "$manuals/sortd.bash" "$usr/share/bash-completion/completions/sortd"
put "$manuals/_sortd" "$usr/share/zsh/vendor-completions/_sortd"
put "$manuals/sortd.fish" "$usr/share/fish/vendor_completions.d/sortd.fish"
put cross/package/copyright "$usr/share/doc/sortd/copyright"
put "$manuals/third-party.gz" "$usr/share/doc/sortd/third-party.gz"
for bundle in models/waste models/waste-small; do
    for file in "$bundle/model.onnx" "$bundle/model.toml" "$bundle"/golden/*; do
        put "$file" "$usr/share/sortd/$file"
    done
done
for file in config/examples/*.toml; do
    put "$file" "$usr/share/doc/sortd/examples/$(basename "$file")"
done
[ -e "$DESTDIR/etc/sortd/sortd.toml" ] || put config/sortd.toml "$DESTDIR/etc/sortd/sortd.toml"

# Into a running system, rather than into a package's folder: what the package does after unpacking.
if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then
    PATH=$PATH:$prefix/bin cross/package/postinst configure ""
fi
