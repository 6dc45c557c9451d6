#!/usr/bin/env bash
# Pictures of the mails that `cargo test --test mails` has written: phone and desktop, light and dark.
set -euo pipefail
cd "$1"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
for mail in *.html; do
  for screen in phone:390 desktop:900; do
    for light in light:1 dark:0; do
      name=${mail%.html}-${screen%:*}-${light%:*}
      width=${screen#*:}
      # A browser window is at least 500 wide; a frame may be as narrow as a phone.
      printf '<!doctype html><body style="margin:0"><iframe src="%s" width="%s" height="1190" style="border:0"></iframe>' \
        "$mail" "$width" > "$profile/frame.html"
      cp "$mail" "$profile/"
      "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
        --user-data-dir="$profile/browser" --hide-scrollbars --allow-file-access-from-files \
        --blink-settings=preferredColorScheme="${light#*:}" \
        --screenshot="$PWD/$name.png" --window-size="$((width < 500 ? 500 : width)),1190" \
        "file://$profile/frame.html" >> "$profile/log" 2>&1 || { cat "$profile/log" >&2; exit 1; }
    done
  done
done
echo "$PWD: $(ls ./*.html | wc -l) mails, $(ls ./*.png | wc -l) pictures"
