"""Cases of the first start: systemd, the hardened unit, the journal, the watchdog, an upgrade."""

from __future__ import annotations

import json
import time
from typing import Dict, List, Set

from board import Board
from card import CARD_BYTES
from failure import PiError
from report import Report, expect, expect_text
from technician import PASSWORD, WIFI_TAKEN

# Short, so that a stalled daemon is noticed within the patience of a test.
_WATCHDOG_SECONDS = 30
_DROP_IN = "/run/systemd/system/sortd.service.d"
UPGRADE = "next.deb"


def starts(board: Board, report: Report) -> None:
    """systemd comes up without a failed unit, and sortd says that it is ready."""
    board.wait_shell()
    report.note(f"systemd after {time.monotonic() - board.began:.0f} s")
    board.wait_until("sortd ready", "systemctl is-active sortd")
    report.note(f"sortd ready after {time.monotonic() - board.began:.0f} s")
    ready = int(board.ask("systemctl show -P ActiveEnterTimestampMonotonic sortd"))
    report.note(f"{ready / 1e6:.0f} s of the guest")
    board.wait_until("the end of starting", "test $(systemctl is-system-running) != starting")
    expect("failed units", board.ask("systemctl --failed --plain --no-legend --no-pager"), "")


def camera_module(board: Board) -> None:
    """What a camera module needs is on the card, and nothing of it is loaded where the firmware has no camera."""
    expect("the module that asks the firmware", board.ask("grep -c ^firmware_camera /proc/modules"), "1")
    for name in ("vchiq", "bcm2835_v4l2", "i2c_bcm2835"):
        expect(f"{name} among the modules", board.ask(f"grep -c ^{name} /proc/modules || true"), "0")
    # udev asks by this name, at each start of every Pi.
    mailbox = "cat /sys/bus/platform/devices/3f00b840.mailbox/modalias"
    expect_text("the name of the firmware's mailbox", board.ask(mailbox), "vchiq")
    expect("what udev would load", board.ask(f'modprobe -b -n -v "$({mailbox})" || true'), "")
    for name in ("start_x.elf", "fixup_x.dat", "start4x.elf", "fixup4x.dat"):
        expect(f"{name} on the boot partition", board.ask(f"test -s /boot/firmware/{name} && echo there"), "there")
    # The emulated firmware has no camera, so the driver is loaded and finds none.
    board.ask("modprobe bcm2835-v4l2")
    for name in ("vchiq", "bcm2835_mmal_vchiq", "bcm2835_v4l2"):
        expect(f"{name} live", board.ask(f"grep -c '^{name} .* Live ' /proc/modules"), "1")
    board.ask("modprobe -r bcm2835-v4l2")


def unprivileged(board: Board) -> None:
    """The daemon is its own user without any right, and holds the pins' registers all the same."""
    process = main_process(board)
    expect("the daemon's user", board.ask(f"stat -c %U /proc/{process}"), "sortd")
    status = board.ask(f"grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/{process}/status")
    seen = dict(line.split(":\t") for line in status.splitlines())
    wanted = {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}
    expect("the daemon's rights", seen, wanted)
    expect("the owner of /dev/gpiomem", board.ask("stat -c '%G %a' /dev/gpiomem"), "gpio 660")
    expect_text("the daemon's memory", board.ask(f"cat /proc/{process}/maps"), "/dev/gpiomem")


def writes_where_listed(board: Board) -> None:
    """What can be written to is what the image's own list names, and the rest refuses."""
    listed = board.ask("sed '/^#/d' /usr/lib/sortd-image/write-paths").splitlines()
    paths = {line.split()[0] for line in listed if line}
    # The kernel's own file systems hold no files.
    kinds = "ext4,vfat,tmpfs,ramfs"
    mounted: Set[str] = set()
    for line in board.ask(f"findmnt -n -l -t {kinds} -o TARGET,OPTIONS").splitlines():
        target, options = line.split()
        # What lies below a path that is listed belongs to it: credentials and locks in /run.
        if options.split(",")[0] == "rw" and not target.startswith("/run/"):
            mounted.add(target)
    # The boot partition is writable only while the takeover runs.
    expect("paths that can be written to", sorted(mounted), sorted(paths - {"/boot/firmware"}))
    for path in ("/", "/etc", "/usr/bin", "/var/lib/dpkg", "/boot/firmware"):
        status, _ = board.try_ask(f"touch {path}/touched")
        if status == 0:
            raise PiError(f"{path} can be written to; see cross/image/files/root/etc/fstab")


def grown(board: Board, report: Report) -> None:
    """The state partition reaches to the card's end, and so does its file system."""
    device = "/sys/class/block/mmcblk0p3"
    start, size = (int(board.ask(f"cat {device}/{name}")) for name in ("start", "size"))
    left = CARD_BYTES - (start + size) * 512
    if left > 4 << 20:
        raise PiError(f"{left >> 20} MiB of the card are left over; see `journalctl -u sortd-grow`")
    inside = int(board.ask("df --output=size -B1 /var/lib/sortd | tail -n 1"))
    if inside < size * 512 * 0.9:
        raise PiError(f"the file system has {inside >> 20} MiB in a partition of {size * 512 >> 20} MiB")
    report.note(f"{size * 512 >> 20} MiB")


def taken(board: Board) -> None:
    """What lay on the boot partition when the board was switched on is in force."""
    sheet = board.ask("cat /boot/firmware/sortd-report.txt")
    expect_text("sortd-report.txt", sheet, "taken over")
    if "REFUSED" in sheet:
        raise PiError(f"sortd-report.txt refuses what is right: {sheet}")
    expect_text("the configuration in force", board.ask("cat /etc/sortd/sortd.toml"), 'backend = "rppal"')
    expect_text("Wi-Fi", board.ask("cat /var/lib/sortd/wifi/wpa_supplicant.conf"), WIFI_TAKEN)


def on_its_card(board: Board) -> None:
    """What is mounted lies on the card that the system was started from, whatever a copy of it bears."""
    mounts = {"boot": "/boot/firmware", "root": "/", "state": "/var/lib/sortd"}
    own = {name: f"/dev/mmcblk0p{number}" for number, name in enumerate(mounts, 1)}

    def found() -> Dict[str, str]:
        return {name: board.ask(f"readlink -f /dev/card/{name}") for name in mounts}

    expect("the card's partitions", found(), own)
    for name, place in mounts.items():
        source = board.ask(f"readlink -f $(findmnt -n -o SOURCE --mountpoint {place})")
        expect(f"what is mounted on {place}", source, own[name])
    # In the same way a second card in a reader would come: with the same identity and the same labels.
    table = "label: dos\\nlabel-id: 0x736f7274\\nstart=4MiB, size=4MiB\\nsize=4MiB\\nsize=4MiB\\n"
    board.ask(f"truncate -s 24M /tmp/copy && printf '{table}' | sfdisk --quiet /tmp/copy")
    copy = board.ask("modprobe loop && losetup --find --show --partscan /tmp/copy")
    board.ask(f"udevadm settle && mke2fs -q -t ext4 -L sortd-state {copy}p3 && udevadm trigger --settle --action=change {copy}p3")
    properties = board.ask(f"udevadm info --query=property --name={copy}p3")
    expect_text("the copy", properties, "ID_PART_ENTRY_UUID=736f7274-03", "ID_FS_LABEL=sortd-state")
    expect("the card's partitions beside a copy", found(), own)
    board.ask(f"losetup --detach {copy} && rm /tmp/copy")


def password_closed(board: Board) -> None:
    """The daemon's user reads Wi-Fi's password nowhere, and the daemon does not even see it."""
    process = main_process(board)
    for file in ("/boot/firmware/wifi.txt", "/var/lib/sortd/wifi/wpa_supplicant.conf"):
        board.ask(f"grep -q '{PASSWORD}' {file}")
        status, _ = board.try_ask(f"setpriv --reuid=sortd --regid=sortd --init-groups cat {file}")
        if status == 0:
            raise PiError(f"the user sortd can read {file}")
        _, seen = board.try_ask(f"nsenter --target {process} --mount cat {file}")
        expect(f"whether the daemon's view of {file} holds the password", PASSWORD in seen, False)


def journal(board: Board) -> None:
    """The records have their fields, and lie in memory with a limit."""
    read = "journalctl -u sortd -o json --no-pager"
    records: List[Dict[str, str]] = []
    for line in board.wait_until("a structured record", f"{read} | grep SORTD_EVENT").splitlines():
        if line.startswith("{"):
            records.append(json.loads(line))
    names = [record["SORTD_EVENT"] for record in records]
    expect_text("the events", " ".join(names), "started")
    expect("the user of the records", {record["_UID"] for record in records}, {board.ask("id -u sortd")})
    expect("journals on the card", board.try_ask("ls -A /var/log/journal")[0] == 0, False)
    board.ask("ls /run/log/journal/*/system.journal")
    limit = board.ask("journalctl -u systemd-journald --no-pager | grep 'Runtime Journal' | tail -n 1")
    expect_text("the log's limit", limit, "max 16.0M")


def watchdog(board: Board, report: Report) -> None:
    """A daemon that stands still is ended and started again."""
    override = f"mkdir -p {_DROP_IN} && printf '[Service]\\nWatchdogSec={_WATCHDOG_SECONDS}\\n' >{_DROP_IN}/test.conf"
    board.ask(f"{override} && systemctl daemon-reload && systemctl restart sortd")
    board.wait_until("sortd ready", "systemctl is-active sortd")
    before = main_process(board)
    began = time.monotonic()
    board.ask(f"kill -STOP {before}")
    board.wait_until("another process", f"p=$(systemctl show -P MainPID sortd); test $p != 0 && test $p != {before}")
    board.wait_until("sortd ready", "systemctl is-active sortd")
    report.note(f"ready again after {time.monotonic() - began:.0f} s, {_WATCHDOG_SECONDS} s of them the watchdog's")
    expect_text("the journal", board.ask("journalctl -u sortd --no-pager"), "Watchdog timeout")
    board.ask(f"rm -r {_DROP_IN}/test.conf && systemctl daemon-reload")


def upgrades(board: Board, report: Report) -> None:
    """The next package goes in place: the daemon runs on with it, and the configuration stays."""
    config = board.ask("sha256sum </etc/sortd/sortd.toml")
    before = main_process(board)
    began = time.monotonic()
    board.ask(f"sortd-upgrade /boot/firmware/{UPGRADE}")
    report.note(f"installed within {time.monotonic() - began:.0f} s")
    wanted = board.ask(f"dpkg-deb --field /boot/firmware/{UPGRADE} Version")
    expect("the version installed", board.ask("dpkg-query -W -f '${Status} ${Version}' sortd"), f"install ok installed {wanted}")
    board.wait_until("sortd ready", "systemctl is-active sortd")
    expect("whether the daemon was started again", main_process(board) != before, True)
    expect("the configuration", board.ask("sha256sum </etc/sortd/sortd.toml"), config)
    expect("the root", board.ask("findmnt -n -o OPTIONS / | cut -d, -f1"), "ro")


def main_process(board: Board) -> int:
    """The daemon's process."""
    process = int(board.ask("systemctl show -P MainPID sortd"))
    if process == 0:
        raise PiError("sortd does not run: " + board.ask("journalctl -u sortd --no-pager | tail -n 20"))
    return process
