#!/usr/bin/env bash
# The whole way on real data: train, import, index, recommend. `make demo` runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$1"
    shift
    printf '$ pharos'
    for word in "$@"; do
        case $word in
            *' '*) printf ' "%s"' "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    pharos "$@"
}

step "1. Train the two towers on MovieLens 100K" train ml-100k
step "2. Load items, users and events into the store" import ml-100k
step "3. Push the item vectors into Qdrant, verify them and go live" index

step "4. Recommend for a known user" recommend --user 196
step "5. Recommend for somebody who liked Star Wars, Empire Strikes Back and Raiders of the Lost Ark" \
    recommend --history 50,172,174
step "6. Find items like Star Wars" similar 50
step "7. Search by meaning" search "space adventure"

cat <<'EOF'

That was the whole system. Start the server with

    make serve

and open http://127.0.0.1:8000/ for the web page or http://127.0.0.1:8000/docs for the API.
EOF
