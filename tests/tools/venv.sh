#!/bin/sh
# Makes a virtual environment from a lock file, or says which one command is missing for that.
# usage: venv.sh FOLDER LOCK [PROJECT]     PROJECT is installed on top, editable, without the network
set -u
folder=$1 lock=$2 project=${3-}
log=$folder/setup.log

fail() { # WHAT MEND
    printf 'error: %s\nmend:  %s\n' "$1" "$2" >&2
    exit 1
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

install_command() { # DEBIAN_PACKAGE
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root='sudo '
    if command -v apt-get >/dev/null 2>&1; then
        echo "${as_root}apt-get update && ${as_root}apt-get install -y $1"
    elif command -v dnf >/dev/null 2>&1; then
        echo "${as_root}dnf install -y python3.12"
    elif command -v brew >/dev/null 2>&1; then
        echo 'brew install python@3.13'
    else
        echo 'install Python 3.11 or newer with its venv module, then: make PYTHON=/path/to/python3'
    fi
}

choose_python() {
    without_venv=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        new_enough "$candidate" || continue
        if makes_venvs "$candidate"; then
            python=$candidate
            return
        fi
        without_venv=${without_venv:-$candidate}
    done
    if [ -n "$without_venv" ]; then
        minor=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "$without_venv has no venv module" "$(install_command "python$minor-venv")"
    fi
    fail "no Python 3.11 or newer found${PYTHON:+ as PYTHON=$PYTHON}" "$(install_command 'python3 python3-venv')"
}

explain_pip() {
    last=$(grep -E '^ *(ERROR|error):' "$log" | tail -n 1 | sed 's/^ *[Ee][Rr][Rr][Oo][Rr]: *//')
    if grep -qE 'DO NOT MATCH THE HASHES' "$log"; then
        fail "a download is not the file that $lock names (see $log)" \
            'use a package index that serves the original files: export PIP_INDEX_URL=https://YOUR-INDEX/simple'
    fi
    if grep -qE 'ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|CERTIFICATE|No matching distribution|Max retries|HTTP error' "$log"; then
        fail "the package index did not give what $lock names: ${last:-no answer} (see $log)" \
            'export PIP_INDEX_URL=https://YOUR-INDEX/simple'
    fi
    fail "pip failed: ${last:-no message} (see $log)" "rm -rf $folder"
}

pip_install() {
    "$folder/bin/python" -m pip install --disable-pip-version-check --no-input --quiet "$@" >>"$log" 2>&1 || explain_pip
}

if ! new_enough "$folder/bin/python"; then
    choose_python
    echo "Setting up $folder with $("$python" --version) ..." >&2
    "$python" -m venv --clear "$folder" || fail "$python could not make $folder" "$(install_command 'python3-venv')"
fi
: >"$log"
# Wheels only: building a source package would run its code and fetch unlocked build tools.
pip_install --retries 2 --only-binary :all: --require-hashes -r "$lock"
[ -z "$project" ] || pip_install --no-index --no-deps --no-build-isolation --editable "$project"
