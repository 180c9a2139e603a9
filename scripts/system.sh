#!/bin/sh
# What pip cannot install: sh scripts/system.sh [venv FOLDER] [libvlc] [tmux]
# With apt and root or sudo it installs what is missing; elsewhere it prints the one command that does.
set -eu
PATH=$PATH:/usr/sbin:/sbin

say() { printf 'moodplayer: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else return 1
    fi
}

# install WHAT DEBIAN-PACKAGES FEDORA-PACKAGES ARCH-PACKAGES BREW-PACKAGES
install() {
    if command -v apt-get >/dev/null 2>&1; then
        say "installing $1"
        # shellcheck disable=SC2086  # several packages
        if { as_root apt-get install -y -qq $2 || { as_root apt-get update -qq && as_root apt-get install -y -qq $2; }; } >/dev/null 2>&1
        then return 0
        fi
        say "$1 is missing; install it with: sudo apt install $2"
    elif command -v brew >/dev/null 2>&1; then say "$1 is missing; install it with: brew install $5"
    elif command -v dnf >/dev/null 2>&1; then say "$1 is missing; install it with: sudo dnf install $3"
    elif command -v pacman >/dev/null 2>&1; then say "$1 is missing; install it with: sudo pacman -S $4"
    else say "$1 is missing; install it with your system's package manager"
    fi
    return 1
}

has_libvlc() {
    ldconfig -p 2>/dev/null | grep -q 'libvlc\.so' || [ -e /Applications/VLC.app ] || [ -e /usr/lib/libvlc.so ]
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

make_venv() {
    for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null 2>&1 && fits "$python"; then
            "$python" -m venv "$1" 2>/dev/null && return 0
            install "Python's venv" python3-venv python3 python python && "$python" -m venv "$1" && return 0
            return 1
        fi
    done
    say "moodplayer needs Python 3.11, 3.12 or 3.13; name it by: make PYTHON=/path/to/python3 …"
    return 1
}

while [ $# -gt 0 ]; do
    case $1 in
        venv) shift; make_venv "$1" ;;
        libvlc) has_libvlc || install libVLC 'libvlc5 vlc-plugin-base' 'vlc-libs vlc-plugins-base' vlc '--cask vlc' ;;
        tmux) command -v tmux >/dev/null 2>&1 || install tmux tmux tmux tmux tmux ;;
        *) say "unknown: $1"; exit 2 ;;
    esac
    shift
done
