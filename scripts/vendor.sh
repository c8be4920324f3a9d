#!/usr/bin/env bash
# Fetch the front-end files kept under static/vendor and tests/vendor again.
#
# Usage: scripts/vendor.sh
# To update a part, change its version below, run this script, move the paths in the templates,
# try the pages, and delete the folder of the old version.
# Needs npm (which checks each tarball against the registry's digest), tar, sed and sha256sum.
set -euo pipefail
cd "$(dirname "$0")/.."

DISPOSABLE=0.0.293
TABLER=1.6.1 ICONS=3.51.0 HTMX=4.0.1 UPLOT=1.6.32 AXE=4.14.1 SERIF=4.5.1
ICON_NAMES="alert-triangle calendar chart-line check chevron-right clock device-desktop
  device-mobile dots download external-link eye home inbox logout mail menu-2 moon news
  player-pause player-play plus refresh rss search send settings sun users x"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() { # unpack NAME VERSION: the npm package as $work/package
  rm -rf "$work/package"
  (cd "$work" && npm pack --silent "$1@$2" >tarball && tar xzf "$(cat tarball)")
}

keep() { # keep FOLDER FILE...: copy files of the package, without the links to missing source maps
  local folder=$1 file
  shift
  mkdir -p "$folder"
  for file in "$@"; do
    sed -E '/^(\/\/[#@]|\/\*[#@]) sourceMappingURL=/d' "$work/package/$file" >"$folder/$(basename "$file")"
  done
}

licence() { # licence FOLDER VERSION FILE: its licence text and its version
  mkdir -p "$1"
  echo "$2" >"$1/VERSION"
  if [ -n "$3" ]; then cp "$work/package/$3" "$1/LICENSE"; fi
}

unpack @tabler/core "$TABLER"
keep "static/vendor/tabler/$TABLER" dist/css/tabler.min.css dist/js/tabler.min.js
# The package ships no licence text. The one kept beside the files was written from their banner.
licence "static/vendor/tabler/$TABLER" "$TABLER" ""

unpack @tabler/icons "$ICONS"
for name in $ICON_NAMES; do keep static/vendor/tabler-icons "icons/outline/$name.svg"; done
licence static/vendor/tabler-icons "$ICONS" LICENSE

unpack htmx.org "$HTMX"
keep "static/vendor/htmx/$HTMX" dist/htmx.min.js dist/ext/hx-sse.min.js
licence "static/vendor/htmx/$HTMX" "$HTMX" LICENSE

unpack uplot "$UPLOT"
keep "static/vendor/uplot/$UPLOT" dist/uPlot.min.css dist/uPlot.iife.min.js
licence "static/vendor/uplot/$UPLOT" "$UPLOT" LICENSE

unpack source-serif "$SERIF"
licence "static/vendor/source-serif/$SERIF" "$SERIF" LICENSE.md
cp "$work/package/TTF/SourceSerif4Display-Semibold.ttf" "static/vendor/source-serif/$SERIF/"

unpack axe-core "$AXE"
keep "tests/vendor/axe-core/$AXE" axe.min.js
licence "tests/vendor/axe-core/$AXE" "$AXE" LICENSE
cp "$work/package/LICENSE-3RD-PARTY.txt" "tests/vendor/axe-core/$AXE/"

# The list is CC0; the LICENSE beside it is that of the list, not of the package that carries it.
disposable=newsletter/subscriptions/disposable-email-domains
.venv/bin/python -m pip download --quiet --no-deps --dest "$work" "disposable-email-domains==$DISPOSABLE"
PYTHONPATH=$(echo "$work"/disposable_email_domains-*.whl) .venv/bin/python -c \
  'import disposable_email_domains as kept; print(*sorted(kept.blocklist), sep="\n")' >"$work/domains.txt"
mv "$work/domains.txt" "$disposable/domains.txt"
echo "$DISPOSABLE" >"$disposable/VERSION"
sed -i "s/^sha256 of.*/sha256 of \`domains.txt\`: \`$(sha256sum "$disposable/domains.txt" | cut -d' ' -f1)\`/" "$disposable/README.md"

if grep -rnE 'sourceMappingURL=|@import +(url\()?["'\'']?https?:|url\(["'\'']?(https?:)?//' static/vendor --include='*.css' --include='*.js'; then
  echo "A vendored file would ask another host or a missing file for something (see above)." >&2
  exit 1
fi

rows() { # rows: one line of the README's table for each served file
  local file where
  while read -r file; do
    case $file in
    */tabler/*) where="admin | MIT" ;;
    */htmx/*) where="admin | 0BSD" ;;
    */uplot/*) where="admin, charts | MIT" ;;
    */source-serif/*) where="drawn pictures for sharing, not in pages | OFL-1.1" ;;
    */axe-core/*) where="tests only, never served | MPL-2.0" ;;
    esac
    printf '| `%s` | %s | %s | `%s` |\n' "$file" "$(cat "$(dirname "$file")/VERSION")" \
      "$where" "$(sha256sum "$file" | cut -d' ' -f1)"
  done < <(find static/vendor tests/vendor \( -name '*.css' -o -name '*.js' -o -name '*.ttf' \) | LC_ALL=C sort)
  printf '| `%s` | %s | %s | `%s` |\n' 'static/vendor/tabler-icons/*.svg' "$ICONS" \
    "admin | MIT" "$((LC_ALL=C; cat static/vendor/tabler-icons/*.svg) | sha256sum | cut -d' ' -f1)"
}

cat >static/vendor/README.md <<TABLE
# Vendored front-end files

Pages load nothing from other hosts, so the few style sheets and scripts they use are kept here,
as their authors published them on npm, without the comments that point to source maps. The font
stands here for the same reason: pictures are drawn with it on whatever machine this runs.

| File | Version | Where used | Licence | sha256 |
|---|---|---|---|---|
$(rows)

The icons' sum is that of all files concatenated in the order of their names (\`LC_ALL=C\`).
Tabler's script carries Bootstrap 5 and Popper inside (both MIT).

To update a part: change its version in \`scripts/vendor.sh\`, run it, move the paths in the
templates, try the pages, delete the folder of the old version. The script writes this table.
TABLE
